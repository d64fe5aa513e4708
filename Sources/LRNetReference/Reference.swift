/// The naive twins of the kernels: reference implementations that follow a kernel's documentation
/// as plainly as possible, one value at a time. They share no code with the kernels.
///
/// The twins are generic over the element. Tests compare the kernels with them in Double. The
/// kernel benchmark compares with them in Float before it times a kernel, and times the twins too.
/// The compiler may vectorize their simple loops.
///
/// Functions that pass over memory check the counts once and then index spans unchecked; otherwise
/// the benchmark would time the checks. Everything that the benchmark times is public, because code
/// with `package` access is not specialized in another module.
public enum Reference {}
