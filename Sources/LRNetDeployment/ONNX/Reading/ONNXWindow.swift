/// The window of a convolution or a pooling.
struct ONNXWindow: Sendable {
    /// The numbers of rows and columns.
    let kernel, strides: [Int]
    /// The padding at the top, left, bottom and right. Each is smaller than the window.
    let pads: [Int]

    /// A window of one pixel.
    static let pixel = ONNXWindow(kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0])

    private init(kernel: [Int], strides: [Int], pads: [Int]) {
        (self.kernel, self.strides, self.pads) = (kernel, strides, pads)
    }

    init(_ call: ONNXCall) throws {
        kernel = try call.integers("kernel_shape", count: 2)
        strides = try call.integers("strides", count: 2)
        pads = try call.integers("pads", count: 4)
        try call.require("dilations", .integers([1, 1]))
        guard (kernel + strides).allSatisfy({ $0 > 0 && $0 < 1 << 24 }),
            pads.indices.allSatisfy({ pads[$0] >= 0 && pads[$0] < kernel[$0 % 2] })
        else {
            throw call.refusal("has a window of \(kernel), strides \(strides), pads \(pads)")
        }
    }

    /// Returns the number of rows and columns of the result.
    func outputSizes(_ call: ONNXCall, _ height: Int, _ width: Int) throws -> (Int, Int) {
        let rows = height + pads[0] + pads[2] - kernel[0]
        let columns = width + pads[1] + pads[3] - kernel[1]
        guard rows >= 0, columns >= 0 else {
            throw call.refusal("has a window of \(kernel) for \(height)x\(width) pixels")
        }
        return (rows / strides[0] + 1, columns / strides[1] + 1)
    }
}
