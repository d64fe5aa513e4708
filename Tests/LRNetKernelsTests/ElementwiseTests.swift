import LRNetKernels
import LRNetTestSupport
import Testing

@Suite struct ElementwiseTests {
    @Test(arguments: TestData.counts)
    func `element-wise operations equal their formulas`(count: Int) {
        let s = TestData.normal(count, stream: 1)
        let t = TestData.normal(count, stream: 2)
        let u = TestData.normal(count, stream: 3)
        func run(_ body: (FloatView) -> Void) -> [Float] {
            let target = t.view
            body(target)
            return target.values
        }
        #expect(run { Elementwise.add(s.view, to: $0) } == zip(t, s).map { $0 + $1 })
        #expect(
            run { Elementwise.add(s.view, scaledBy: 0.3, to: $0) }
                == zip(t, s).map { $0.addingProduct(0.3, $1) })
        #expect(run { Elementwise.square(s.view, into: $0) } == s.map { $0 * $0 })
        #expect(run { Elementwise.square($0, into: $0) } == t.map { $0 * $0 })
        #expect(run { Elementwise.scale($0, by: -0.7) } == t.map { $0 * -0.7 })
        #expect(run { Elementwise.multiply($0, by: s.view) } == zip(t, s).map { $0 * $1 })
        #expect(
            run { Elementwise.clamp($0, to: -0.5...0.25) } == t.map { min(max($0, -0.5), 0.25) })
        let expected = (0..<count).map {
            Double(t[$0]) + 2 * Double(s[$0]) * Double(u[$0])
        }
        // The sum can cancel; its terms are below 40.
        #expect(
            distance(
                run { Elementwise.addSquareGradient(u.view, input: s.view, to: $0) }, expected,
                Tolerance(absolute: 5e-6)) <= 1)
    }

    @Test(arguments: TestData.counts)
    func `sums, sums of squares and minima equal their formulas`(count: Int) {
        let x = TestData.normal(count)
        let magnitude = x.doubles.reduce(0) { $0 + abs($1) + $1 * $1 }
        let tolerance = 1e-15 * Double(count + 1) * magnitude
        #expect(abs(Elementwise.sum(x.view) - x.doubles.reduce(0, +)) <= tolerance)
        let squares = x.doubles.reduce(0) { $0 + $1 * $1 }
        #expect(abs(Elementwise.sumOfSquares(x.view) - squares) <= tolerance)
        #expect(Elementwise.minimum(x.view) == x.min() ?? .infinity)
    }

    @Test(arguments: [[1, 1], [3, 5], [7, 16], [5, 33], [0, 4]])
    func `a row is added to every row and rows are summed`(size: [Int]) {
        let (rows, columns) = (size[0], size[1])
        let matrix = TestData.normal(rows * columns, stream: 1)
        let row = TestData.normal(columns, stream: 2)
        let target = matrix.view
        Elementwise.addRow(row.view, toRowsOf: target)
        #expect(target.values == matrix.enumerated().map { $1 + row[$0 % columns] })
        for accumulate in [false, true] {
            var expected = accumulate ? row : [Float](repeating: 0, count: columns)
            for (i, value) in matrix.enumerated() { expected[i % columns] += value }
            let sums = row.view
            Elementwise.sumRows(of: matrix.view, into: sums, accumulate: accumulate)
            #expect(sums.values == expected)
        }
    }

    @Test(arguments: TestData.counts)
    func `non-finite values are counted at every position`(count: Int) {
        var values = TestData.normal(count)
        #expect(Elementwise.nonFiniteCount(values.view) == 0)
        let extremes: [Float] = [
            .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0,
        ]
        for (i, value) in extremes.enumerated() where i < count { values[i] = value }
        #expect(Elementwise.nonFiniteCount(values.view) == 0)
        // Each kind separately at every position.
        for i in 0..<count {
            for bad in [Float.nan, .infinity, -.infinity, .signalingNaN, -.nan] {
                let old = values[i]
                values[i] = bad
                #expect(Elementwise.nonFiniteCount(values.view) == 1)
                values[i] = old
                if count > 200 { break }
            }
        }
        #expect(
            Elementwise.nonFiniteCount([Float](repeating: .infinity, count: count).view) == count)
    }

    /// The first and last value of each thread's range, and of the last, short range, are NaN.
    @Test(arguments: [1, 2, 3])
    func `any number of threads counts the same non-finite values`(threads: Int) {
        let pool = ThreadPool.testing(threads)
        let range = 1 << 16
        let values = FloatBuffer(count: 3 * range + 5)
        #expect(Elementwise.nonFiniteCount(values.all, pool: pool) == 0)
        for i in [0, range - 1, range, 2 * range - 1, 3 * range, 3 * range + 4] {
            values[i] = .nan
        }
        #expect(Elementwise.nonFiniteCount(values.all, pool: pool) == 6)
        #expect(Elementwise.nonFiniteCount(values[1..<range - 1], pool: pool) == 0)
        #expect(Elementwise.nonFiniteCount(values[0..<0], pool: pool) == 0)
    }
}
