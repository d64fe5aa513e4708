internal import CVectorMath

/// A fully connected layer of weights of -1, 0, +1 in 2 bits with real inputs.
///
///     y[o] = sum over k of w[o, k] x[k]
///
/// For each two inputs, a table contains the 16 sums that their weights can select. It is computed
/// once and then serves all outputs: a lookup and an addition for two weights.
package struct LookupProduct: Sendable {
    private let weights: IntegerPanels

    /// The tables of one computation.
    package final class Memory {
        fileprivate let tables: FloatBuffer

        package init(_ product: LookupProduct) {
            tables = FloatBuffer(count: product.weights.packedDepth * tableCount * laneCount)
        }
    }

    /// The number of tables for the 16 inputs of a vector of codes.
    private static let tableCount = 8

    /// - Precondition: The window is the whole image.
    package init(_ weights: IntegerPanels) {
        precondition(weights.isPacked && weights.geometry.isIdentity)
        self.weights = weights
    }

    /// Computes the results.
    ///
    /// - Parameters:
    ///   - input: `[inputs]`
    ///   - output: Overwritten; `[outputs]`.
    package func run(
        _ input: FloatView, into output: FloatView, pool: ThreadPool, memory: Memory
    ) {
        precondition(
            input.count == weights.geometry.patchCount && output.count == weights.outputs,
            "\(input.count) to \(output.count)")
        fill(memory.tables, input)
        let tables = UnsafePointer(memory.tables.base)
        pool.forEach(weights.panelCount) { index, _ in
            let panel = weights.panel(index)
            let target = output.pointer + panel.outputs.lowerBound
            switch panel.columns {
            case 1: run(OneLookup.self, panel, tables, target)
            case 2: run(TwoLookups.self, panel, tables, target)
            default: run(FourLookups.self, panel, tables, target)
            }
        }
    }

    /// Table `2 b + h` of 16 inputs is of inputs `8 h + b` and `8 h + b + 4`, whose codes are in
    /// bits `8 b + 4 h` of a lane.
    private func fill(_ tables: FloatBuffer, _ input: FloatView) {
        let first = Vector(
            -1, 0, 1, 0, -1, 0, 1, 0, -1, 0, 1, 0, -1, 0, 1, 0)
        let second = Vector(
            -1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0)
        let source = UnsafePointer(input.pointer)
        func value(_ index: Int) -> Vector {
            Vector(repeating: index < input.count ? source[index] : 0)
        }
        var target = tables.base
        for start in stride(from: 0, to: 16 * weights.packedDepth, by: 16) {
            for b in 0..<4 {
                for h in 0..<2 {
                    let index = start &+ 8 &* h &+ b
                    store(multiplyAdd(first, value(index), second * value(index &+ 4)), target)
                    target += laneCount
                }
            }
        }
    }

    @inline(__always)
    private func run<Columns: LookupColumns>(
        _: Columns.Type, _ panel: IntegerPanels.Panel, _ tables: UnsafePointer<Float>,
        _ target: UnsafeMutablePointer<Float>
    ) {
        var sums = Columns()
        var (codes, tables) = (panel.start, tables)
        for _ in 0..<weights.packedDepth {
            var part = Columns.load(codes)
            for index in 0..<Self.tableCount {
                sums.add(load(tables + index &* laneCount), &part)
            }
            codes += Columns.count &* IntegerPanels.vectorByteCount
            tables += Self.tableCount &* laneCount
        }
        sums.store(target, panel.outputs.count)
    }
}

/// The sums of some outputs.
private protocol LookupColumns {
    associatedtype Codes

    /// The number of vectors.
    static var count: Int { get }

    init()

    static func load(_ codes: UnsafePointer<UInt8>) -> Codes

    /// Adds the entries of a table at the low four bits of the codes, and shifts the codes.
    mutating func add(_ table: Vector, _ codes: inout Codes)

    /// Stores at most `count` sums.
    func store(_ target: UnsafeMutablePointer<Float>, _ count: Int)
}

private struct OneLookup: LookupColumns {
    static var count: Int { 1 }

    private var sums = Vector(repeating: 0)

    @inline(__always)
    static func load(_ codes: UnsafePointer<UInt8>) -> Words {
        UnsafeRawPointer(codes).loadUnaligned(as: Words.self)
    }

    @inline(__always)
    mutating func add(_ table: Vector, _ codes: inout Words) {
        sums += lrnet_entries(table, codes)
        codes = codes &>> 4
    }

    @inline(__always)
    func store(_ target: UnsafeMutablePointer<Float>, _ count: Int) {
        guard count > 0 else { return }
        LRNetKernels.store(sums, target, min(count, laneCount))
    }
}

private struct TwoTimes<Half: LookupColumns>: LookupColumns {
    static var count: Int { 2 &* Half.count }

    private var left = Half()
    private var right = Half()

    @inline(__always)
    static func load(_ codes: UnsafePointer<UInt8>) -> (Half.Codes, Half.Codes) {
        (
            Half.load(codes),
            Half.load(codes + Half.count &* IntegerPanels.vectorByteCount)
        )
    }

    @inline(__always)
    mutating func add(_ table: Vector, _ codes: inout (Half.Codes, Half.Codes)) {
        left.add(table, &codes.0)
        right.add(table, &codes.1)
    }

    @inline(__always)
    func store(_ target: UnsafeMutablePointer<Float>, _ count: Int) {
        left.store(target, count)
        right.store(target + Half.count &* laneCount, count &- Half.count &* laneCount)
    }
}

private typealias TwoLookups = TwoTimes<OneLookup>
private typealias FourLookups = TwoTimes<TwoLookups>
