internal import LRNetSupport

/// A residual block's weight-free shortcut, which keeps every `stride`-th pixel and adds channels
/// of zeros.
///
///     y[r, c, k] = x[stride r, stride c, k] for k < channels of x, else 0
///
/// - Source: He, Zhang, Ren, Sun, CVPR 2016, section 3.3, option A. The paper does not say which
///   channels are zero; here they are the last ones.
package struct Subsampling: Sendable, Hashable {
    /// The shape of one input image.
    package let input: ImageShape

    /// The distance between the pixels that are kept, in pixels.
    package let stride: Int

    /// The output shape, with `ceil(size / stride)` rows and columns.
    package let output: ImageShape

    /// Creates a subsampling.
    ///
    /// - Precondition: `channels` is at least the input's channel count; `stride` is positive.
    package init(input: ImageShape, stride: Int, channels: Int) {
        precondition(
            stride > 0 && channels >= input.channels,
            "stride \(stride), \(channels) channels of \(input)")
        self.input = input
        self.stride = stride
        output = ImageShape(
            height: (input.height + stride - 1) / stride,
            width: (input.width + stride - 1) / stride, channels: channels)
    }

    /// Computes one image's output.
    ///
    /// - Precondition: The counts agree with the shapes.
    package func forward(_ image: FloatView, into result: FloatView) {
        check(image, result)
        result.fill(0)
        forEachPixel { from, to in
            (result.pointer + to).update(from: image.pointer + from, count: input.channels)
        }
    }

    /// Overwrites one image's gradient; pixels that were not kept get 0.
    ///
    /// - Precondition: The counts agree with the shapes.
    package func backward(_ gradient: FloatView, into image: FloatView) {
        check(image, gradient)
        image.fill(0)
        forEachPixel { from, to in
            (image.pointer + from).update(from: gradient.pointer + to, count: input.channels)
        }
    }

    private func check(_ image: FloatView, _ result: FloatView) {
        precondition(
            image.count == input.count && result.count == output.count,
            "\(image.count) and \(result.count) values for \(input) and \(output)")
    }

    /// Calls `body` with the index of each kept pixel's first value, in the image and in the
    /// result.
    private func forEachPixel(_ body: (_ from: Int, _ to: Int) -> Void) {
        for row in 0..<output.height {
            for column in 0..<output.width {
                body(
                    (row * input.width + column) * stride * input.channels,
                    (row * output.width + column) * output.channels)
            }
        }
    }
}
