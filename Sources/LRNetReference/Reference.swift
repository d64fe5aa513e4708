/// The naive twins of the kernels: what each computes, written down as plainly as its documentation
/// allows, one value at a time, and without any of the kernels' code.
///
/// Passes over memory index spans unchecked, once the counts have been: else they would time the
/// checks. They are generic over the element. Tests hold the kernels against them in Double; the
/// kernel benchmark compares with them in Float before it times a kernel, and times them too. The
/// compiler may turn a simple loop of these into vectors. What the benchmark times is public, since
/// code of `package` access is not specialised in another module.
public enum Reference {}
