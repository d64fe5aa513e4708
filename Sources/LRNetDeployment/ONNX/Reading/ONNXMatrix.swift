/// Products of two matrices of integers, which Double represents exactly.
enum ONNXMatrix {
    static func multiply(_ call: ONNXCall) throws -> ONNXTensor {
        let (a, b) = (try call.input(0), try call.input(1))
        guard a.type == .int32, b.type == .int32, a.sizes.count == 2, b.sizes.count == 2,
            a.sizes[1] == b.sizes[0]
        else { throw call.refusal("has inputs of \(a.sizes) and \(b.sizes)") }
        let (rows, inner, columns) = (a.sizes[0], a.sizes[1], b.sizes[1])
        var result = [Double](repeating: 0, count: rows * columns)
        for row in 0..<rows {
            for k in 0..<inner {
                let value = a.values[row * inner + k]
                for column in 0..<columns {
                    result[row * columns + column] += value * b.values[k * columns + column]
                }
            }
        }
        return try ONNXTensor(.int32, [rows, columns], result)
    }
}
