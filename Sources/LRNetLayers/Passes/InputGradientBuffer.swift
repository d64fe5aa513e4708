/// The buffer in which the backward pass of a layer leaves the gradient of its input.
/// ``GradientPlan`` derives the memory of a pass from it in advance.
package enum InputGradientBuffer {
    /// The buffer of the gradient of the output.
    case same
    /// Another buffer, from `ScratchMemory/gradient(_:)`.
    case another
    /// An empty buffer, because no earlier layer needs the gradient.
    case empty
    /// The buffer of the body's gradient. A second buffer, of the size of the output, is in use
    /// during the backward pass of the body. Then it carries the gradient through the shortcut.
    case sum(body: [any Layer], shortcut: [any Layer])
}
