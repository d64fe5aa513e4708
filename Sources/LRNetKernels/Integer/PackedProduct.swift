internal import CVectorMath

/// A fully connected layer of weights of -1, 0, +1 in 2 bits, which are multiplied without being
/// unpacked.
///
/// Each 2-bit code of a byte becomes an unsigned factor by masking the other codes: it is then 1,
/// 4, 16 or 64 times the code. The four kinds of sums are divided at the end. The inputs minus 128
/// are the signed factors.
package struct PackedProduct: Sendable {
    private let weights: IntegerPanels
    private let rule: OutputRule
    private let zeroPoint: Int32

    /// The memory of one computation: the inputs minus 128, and zeros after them.
    package final class Memory {
        fileprivate let signed: ByteBuffer

        package init(_ product: PackedProduct) {
            signed = ByteBuffer(count: 16 * product.weights.packedDepth)
        }
    }

    /// - Parameter zeroPoint: The value of the input that means 0.
    /// - Precondition: The window is the whole image.
    package init(_ weights: IntegerPanels, rule: OutputRule, zeroPoint: Int32) {
        let count = weights.geometry.patchCount
        precondition(
            weights.isPacked && weights.geometry.isIdentity
                && weights.geometry.outputPixelCount == 1)
        self.weights = weights
        self.zeroPoint = zeroPoint
        // With codes c = w + 1 and signed inputs s = q - 128:
        // acc = sum of c s + (128 - zero point) * sum of c - sum of (q - zero point)
        self.rule = rule.adding(
            weights.sums.map { (128 - zeroPoint) * ($0 + Int32(count)) + zeroPoint * Int32(count) })
    }

    /// Computes the layer's results.
    ///
    /// - Parameter input: An image without padding, or one pixel.
    package func run(
        _ input: ByteImage, into output: ByteImage, pool: ThreadPool, memory: Memory
    ) {
        let count = weights.geometry.patchCount
        precondition(
            input.shape.count == count && (input.padding == .none || input.shape.pixelCount == 1),
            "\(input.shape)")
        let sum = Self.prepare(input.address(row: 0, column: 0), count, memory.signed.base)
        let target = output.address(row: 0, column: 0)
        let inputs = UnsafePointer(memory.signed.base)
        pool.forEach(weights.panelCount) { index, _ in
            let panel = weights.panel(index)
            rule.withColumns(panel.outputs) { rule in
                let target = target + panel.outputs.lowerBound
                switch panel.columns {
                case 1: run(OnePackedColumn.self, panel, inputs, sum, rule, target)
                case 2: run(TwoPackedColumns.self, panel, inputs, sum, rule, target)
                default: run(FourPackedColumns.self, panel, inputs, sum, rule, target)
                }
            }
        }
    }

    /// Writes the inputs minus 128; returns the sum of the inputs.
    private static func prepare(
        _ input: UnsafePointer<UInt8>, _ count: Int, _ signed: UnsafeMutablePointer<UInt8>
    ) -> Int32 {
        var sum: Int32 = 0
        for index in 0..<count {
            signed[index] = input[index] ^ 0x80
            sum &+= Int32(input[index])
        }
        return sum
    }

    @inline(__always)
    private func run<Columns: PackedColumns>(
        _: Columns.Type, _ panel: IntegerPanels.Panel, _ inputs: UnsafePointer<UInt8>,
        _ sum: Int32, _ rule: OutputRule.Columns, _ target: UnsafeMutablePointer<UInt8>
    ) {
        var sums = Columns()
        var (codes, inputs) = (panel.start, inputs)
        for _ in 0..<weights.packedDepth {
            sums.add(
                codes,
                (
                    loadRepeated(inputs), loadRepeated(inputs + 4), loadRepeated(inputs + 8),
                    loadRepeated(inputs + 12)
                ))
            codes += Columns.count &* IntegerPanels.vectorByteCount
            inputs += 16
        }
        sums.store(rule, first: 0, minus: Integers(repeating: sum), target)
    }
}

/// The sums of some outputs, separately for each position of a 2-bit code in its byte.
private protocol PackedColumns {
    /// The number of vectors.
    static var count: Int { get }

    init()

    /// Adds the products of 16 inputs.
    mutating func add(
        _ codes: UnsafePointer<UInt8>, _ inputs: (Integers, Integers, Integers, Integers))

    func store(
        _ rule: OutputRule.Columns, first: Int, minus sum: Integers,
        _ target: UnsafeMutablePointer<UInt8>)
}

private struct OnePackedColumn: PackedColumns {
    static var count: Int { 1 }

    private var sum0 = Integers(repeating: 0)
    private var sum1 = Integers(repeating: 0)
    private var sum2 = Integers(repeating: 0)
    private var sum3 = Integers(repeating: 0)

    @inline(__always)
    mutating func add(
        _ codes: UnsafePointer<UInt8>, _ inputs: (Integers, Integers, Integers, Integers)
    ) {
        let codes = load(codes)
        sum0 = addProducts(sum0, unsigned: Self.part(codes, 0), signed: inputs.0)
        sum1 = addProducts(sum1, unsigned: Self.part(codes, 1), signed: inputs.1)
        sum2 = addProducts(sum2, unsigned: Self.part(codes, 2), signed: inputs.2)
        sum3 = addProducts(sum3, unsigned: Self.part(codes, 3), signed: inputs.3)
    }

    @inline(__always)
    /// Returns a code of each byte. Without VNNI, products of masked codes do not fit in 16 bits, so
    /// codes are shifted.
    private static func part(_ codes: Integers, _ index: Int32) -> Integers {
        if lrnet_has_vnni() != 0 {
            return codes & Integers(repeating: 0x0303_0303 &<< (2 &* index))
        }
        return (codes &>> (2 &* index)) & Integers(repeating: 0x0303_0303)
    }

    @inline(__always)
    func store(
        _ rule: OutputRule.Columns, first: Int, minus sum: Integers,
        _ target: UnsafeMutablePointer<UInt8>
    ) {
        // The sums of masked codes are multiples of 4, 16 and 64.
        let total =
            lrnet_has_vnni() != 0
            ? sum0 &+ (sum1 &>> 2) &+ (sum2 &>> 4) &+ (sum3 &>> 6)
            : sum0 &+ sum1 &+ sum2 &+ sum3
        rule.store(total &- sum, column: first, target)
    }
}

private struct DoublePackedColumns<Half: PackedColumns>: PackedColumns {
    static var count: Int { 2 &* Half.count }

    private var left = Half()
    private var right = Half()

    @inline(__always)
    mutating func add(
        _ codes: UnsafePointer<UInt8>, _ inputs: (Integers, Integers, Integers, Integers)
    ) {
        left.add(codes, inputs)
        right.add(codes + Half.count &* IntegerPanels.vectorByteCount, inputs)
    }

    @inline(__always)
    func store(
        _ rule: OutputRule.Columns, first: Int, minus sum: Integers,
        _ target: UnsafeMutablePointer<UInt8>
    ) {
        left.store(rule, first: first, minus: sum, target)
        right.store(rule, first: first &+ Half.count, minus: sum, target)
    }
}

private typealias TwoPackedColumns = DoublePackedColumns<OnePackedColumn>
private typealias FourPackedColumns = DoublePackedColumns<TwoPackedColumns>
