import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct MatrixProductTests {
    /// Rows, columns, inner size: distinct, with 0, 1, primes and sizes around the kernels' blocks.
    static let sizes = [
        [0, 3, 5], [3, 0, 5], [3, 5, 0], [1, 1, 1], [1, 7, 13], [7, 1, 13], [7, 13, 1],
        [5, 11, 17], [16, 32, 48], [17, 31, 67], [65, 10, 129], [3, 64, 331], [2, 2, 700],
        [12, 32, 9], [13, 33, 8], [24, 65, 5], [23, 96, 7],
    ]

    /// The form of the right factor.
    enum Right: CaseIterable {
        case stored, packed, packedTranspose
    }

    private func check(
        _ size: [Int], _ transposeA: Bool, _ right: Right, accumulate: Bool,
        _ summation: MatrixProduct.Summation
    ) {
        let (rows, columns, inner) = (size[0], size[1], size[2])
        let a = TestData.normal(rows * inner, stream: 1)
        let b = TestData.normal(inner * columns, stream: 2)
        let old = TestData.normal(rows * columns, stream: 3)
        let c = accumulate ? old.view : FloatView.unwritten(old.count)
        let storedA = transposeA ? Reference.transpose(a, rows: rows, columns: inner) : a
        let left: MatrixProduct.Factor =
            transposeA ? .transposed(storedA.view) : .plain(storedA.view)
        // Values that another layer left in the memory must not matter.
        let packed = PackedMatrix(
            inner: inner, columns: columns,
            in: .unwritten(PackedMatrix.count(inner: inner, columns: columns)))
        switch right {
        case .stored:
            MatrixProduct.multiply(
                left, b.view, into: c, rows: rows, columns: columns, inner: inner,
                accumulate: accumulate, summation: summation)
        case .packed:
            packed.pack(b.view, panels: 0..<packed.panelCount)
            MatrixProduct.multiply(
                left, packed, into: c, rows: rows, accumulate: accumulate, summation: summation)
        case .packedTranspose:
            let stored = Reference.transpose(b, rows: inner, columns: columns)
            packed.packTransposed(stored.view, panels: 0..<packed.panelCount)
            MatrixProduct.multiply(
                left, packed, into: c, rows: rows, accumulate: accumulate, summation: summation)
        }
        func product(_ f: (Double) -> Double) -> [Double] {
            let product = Reference.product(
                a.doubles.map(f), b.doubles.map(f), rows: rows, columns: columns, inner: inner)
            return accumulate ? zip(product, old).map { $0 + f(Double($1)) } : product
        }
        let magnitude = product(abs).max() ?? 0
        let tolerance = Tolerance.sum(count: inner + 1, magnitude: magnitude)
        #expect(distance(c.values, product { $0 }, tolerance) <= 1)
    }

    static let summations: [MatrixProduct.Summation] = [.chain, .runs(chain: 16)]

    @Test(arguments: sizes, [false, true])
    func `products equal the naive product for every size and layout`(
        size: [Int], transposed: Bool
    ) {
        for summation in Self.summations {
            for right in Right.allCases {
                for accumulate in [false, true] {
                    check(size, transposed, right, accumulate: accumulate, summation)
                }
            }
        }
    }

    @Test(
        .enabled(if: MatrixProduct.usesOwnKernels, "OpenBLAS's bits depend on the rows of a call"),
        arguments: summations)
    func `the bits do not depend on how rows are split`(summation: MatrixProduct.Summation) {
        let (rows, columns, inner) = (61, 70, 183)
        let a = TestData.normal(rows * inner, stream: 1).view
        let b = TestData.normal(inner * columns, stream: 2).view
        let whole = FloatBuffer(count: rows * columns)
        MatrixProduct.multiply(
            .plain(a), b, into: whole.all, rows: rows, columns: columns, inner: inner,
            summation: summation)
        let packed = PackedMatrix(inner: inner, columns: columns)
        packed.pack(b, panels: 0..<packed.panelCount)
        for size in [1, 3, 5, 12, 16, 31] {
            let cut = FloatBuffer(count: rows * columns)
            for start in stride(from: 0, to: rows, by: size) {
                let end = min(start + size, rows)
                MatrixProduct.multiply(
                    .plain(a[start * inner..<end * inner]), packed,
                    into: cut[start * columns..<end * columns], rows: end - start,
                    summation: summation)
            }
            #expect(cut.all.values == whole.all.values, "rows cut by \(size)")
        }
    }

    @Test func `concurrent calls produce the bits of a serial call`() {
        let (rows, columns, inner) = (37, 29, 53)
        let a = TestData.normal(rows * inner, stream: 1).view
        let b = TestData.normal(inner * columns, stream: 2).view
        let serial = FloatBuffer(count: rows * columns)
        MatrixProduct.multiply(
            .plain(a), b, into: serial.all, rows: rows, columns: columns, inner: inner)
        let count = 400
        let results = FloatBuffer(count: count * rows * columns)
        ThreadPool.testing(4).forEach(count) { index, _ in
            MatrixProduct.multiply(
                .plain(a), b,
                into: results[index * rows * columns..<(index + 1) * rows * columns],
                rows: rows, columns: columns, inner: inner)
        }
        let expected = serial.all.values
        for index in 0..<count {
            let range = index * rows * columns..<(index + 1) * rows * columns
            #expect(results[range].values == expected)
        }
    }

    @Test func `mismatched sizes trap and the message names them`() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            MatrixProduct.multiply(
                .plain(FloatBuffer(count: 6).all), FloatBuffer(count: 7).all,
                into: FloatBuffer(count: 4).all, rows: 2, columns: 2, inner: 3)
        }
        // The message also names the values in release builds.
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(message.contains("product of 2x3 and 3x2 with 6, 7 and 4 values"))
    }

    @Test func `the library description names OpenBLAS and its core`() {
        let description = MatrixProduct.libraryDescription
        #expect(description.configuration.contains("OpenBLAS"))
        #expect(!description.core.isEmpty)
    }
}
