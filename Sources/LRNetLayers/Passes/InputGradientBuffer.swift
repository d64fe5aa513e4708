/// Where a layer's backward pass leaves the gradient of its input, so that ``GradientPlan`` knows the memory of
/// a pass before there is one.
package enum InputGradientBuffer {
    /// In the buffer that the gradient of the output came in.
    case same
    /// In another buffer, from ``ScratchMemory/gradient(_:)``.
    case another
    /// In an empty buffer, since no layer before needs it.
    case empty
    /// In the buffer of the body's gradient. A second buffer, of the output's size, takes the gradient through
    /// the shortcut afterwards, and is held meanwhile.
    case sum(body: [any Layer], shortcut: [any Layer])
}
