/// What each kernel computes, written down as plainly as its documentation allows: scalar loops in
/// Double that share no code with the kernels.
package enum Reference {}
