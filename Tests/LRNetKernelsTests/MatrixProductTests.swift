import LRNetKernels
import LRNetTestSupport
import Testing

@Suite struct MatrixProductTests {
    /// Rows, columns, inner: distinct, with 0, 1, primes and sizes around the kernels' blocks.
    static let sizes = [
        [0, 3, 5], [3, 0, 5], [3, 5, 0], [1, 1, 1], [1, 7, 13], [7, 1, 13], [7, 13, 1],
        [5, 11, 17], [16, 32, 48], [17, 31, 67], [65, 10, 129], [3, 64, 331], [2, 2, 700],
    ]

    private func check(_ size: [Int], _ transposeA: Bool, _ transposeB: Bool, accumulate: Bool) {
        let (rows, columns, inner) = (size[0], size[1], size[2])
        let a = TestData.normal(rows * inner, stream: 1)
        let b = TestData.normal(inner * columns, stream: 2)
        let old = TestData.normal(rows * columns, stream: 3)
        let c = accumulate ? old.view : FloatView.unwritten(old.count)
        let storedA = transposeA ? Reference.transpose(a, rows: rows, columns: inner) : a
        let storedB = transposeB ? Reference.transpose(b, rows: inner, columns: columns) : b
        MatrixProduct.multiply(
            transposeA ? .transposed(storedA.view) : .plain(storedA.view),
            transposeB ? .transposed(storedB.view) : .plain(storedB.view),
            into: c, rows: rows, columns: columns, inner: inner, accumulate: accumulate)
        func product(_ f: (Double) -> Double) -> [Double] {
            let product = Reference.product(
                a.doubles.map(f), b.doubles.map(f), rows: rows, columns: columns, inner: inner)
            return accumulate ? zip(product, old).map { $0 + f(Double($1)) } : product
        }
        let magnitude = product(abs).max() ?? 0
        let tolerance = Tolerance.sum(count: inner + 1, magnitude: magnitude)
        #expect(distance(c.values, product { $0 }, tolerance) <= 1)
    }

    @Test(arguments: sizes, [false, true])
    func equalsTheNaiveProduct(size: [Int], accumulate: Bool) {
        for (a, b) in [(false, false), (true, false), (false, true), (true, true)] {
            check(size, a, b, accumulate: accumulate)
        }
    }

    @Test func concurrentCallsGiveTheSerialBits() {
        let (rows, columns, inner) = (37, 29, 53)
        let a = TestData.normal(rows * inner, stream: 1).view
        let b = TestData.normal(inner * columns, stream: 2).view
        let serial = FloatBuffer(count: rows * columns)
        MatrixProduct.multiply(
            .plain(a), .plain(b), into: serial.all, rows: rows, columns: columns, inner: inner)
        let count = 400
        let results = FloatBuffer(count: count * rows * columns)
        ThreadPool(threadCount: 4).forEach(count) { index, _ in
            MatrixProduct.multiply(
                .plain(a), .plain(b),
                into: results[index * rows * columns..<(index + 1) * rows * columns],
                rows: rows, columns: columns, inner: inner)
        }
        let expected = serial.all.values
        for index in 0..<count {
            let range = index * rows * columns..<(index + 1) * rows * columns
            #expect(results[range].values == expected)
        }
    }

    @Test func sizesThatDisagreeTrap() async {
        await #expect(processExitsWith: .failure) {
            MatrixProduct.multiply(
                .plain(FloatBuffer(count: 6).all), .plain(FloatBuffer(count: 7).all),
                into: FloatBuffer(count: 4).all, rows: 2, columns: 2, inner: 3)
        }
    }

    @Test func namesItsLibrary() {
        let description = MatrixProduct.libraryDescription
        #expect(description.configuration.contains("OpenBLAS"))
        #expect(!description.core.isEmpty)
    }
}
