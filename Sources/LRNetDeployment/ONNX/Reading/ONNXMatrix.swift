/// Products of two matrices of integers, which Double represents exactly, or of Float32 numbers,
/// which are summed in Double.
enum ONNXMatrix {
    static func multiply(_ call: ONNXCall) throws -> ONNXTensor {
        let (a, b) = (try call.input(0), try call.input(1))
        guard a.type == b.type, a.type == .int32 || a.type == .float, a.sizes.count == 2,
            b.sizes.count == 2, a.sizes[1] == b.sizes[0]
        else { throw call.refusal("has inputs of \(a.sizes) and \(b.sizes)") }
        let (rows, inner, columns) = (a.sizes[0], a.sizes[1], b.sizes[1])
        var result = [Double](repeating: 0, count: rows * columns)
        result.withUnsafeMutableBufferPointer { result in
            b.values.withUnsafeBufferPointer { weights in
                for row in 0..<rows {
                    for k in 0..<inner {
                        let value = a.values[row * inner + k]
                        guard value != 0 else { continue }
                        for column in 0..<columns {
                            result[row &* columns &+ column] +=
                                value * weights[k &* columns &+ column]
                        }
                    }
                }
            }
        }
        if a.type == .float { result = result.map { Double(Float($0)) } }
        return try ONNXTensor(a.type, [rows, columns], result)
    }
}
