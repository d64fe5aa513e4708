import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct BFloatProductTests {
    /// Rows, columns, inner size: with 1, primes, and sizes around tiles of 16 and 32 and blocks of
    /// 32 terms.
    static let sizes = [
        [1, 1, 1], [1, 7, 13], [7, 1, 13], [7, 13, 1], [5, 11, 17], [16, 32, 32], [32, 16, 64],
        [17, 31, 67], [33, 33, 33], [65, 10, 129], [3, 64, 331], [48, 65, 96], [100, 17, 31],
    ]

    private let hasTiles = BFloatProduct.provider == .tiles

    private func values(_ count: Int, stream: UInt32) -> [Float] {
        // Some values are tiny, so that some sums are denormal.
        TestData.normal(count, stream: stream).enumerated().map { index, value in
            index % 7 == 0 ? value * 0x1p-80 : value
        }
    }

    /// A process must request tiles from the operating system before it uses them. Other tests of this
    /// process could have done that, so the product is computed in a new one.
    @Test func `the first product of a process needs no preparation`() async {
        await #expect(processExitsWith: .success) {
            let ones = [Float](repeating: 1, count: 9).view
            let packed = PairedMatrix(
                inner: 3, columns: 3,
                in: .unwritten(PairedMatrix.count(inner: 3, columns: 3)))
            packed.pack(ones, panels: 0..<packed.panelCount)
            let c = FloatView.unwritten(9)
            BFloatProduct.multiply(
                ones, squared: false, packed, into: c, rows: 3,
                scratch: .unwritten(BFloatProduct.scratchCount(rows: 3, inner: 3)))
            precondition(c.values.allSatisfy { $0 == 3 })
        }
    }

    @Test(arguments: sizes, [false, true])
    func `products have the bits of the naive product`(size: [Int], isTransposed: Bool) {
        let (rows, columns, inner) = (size[0], size[1], size[2])
        let a = values(rows * inner, stream: 1)
        let b = values(inner * columns, stream: 2)
        for squared in [false, true] {
            let truth = Reference.bfloatProduct(
                squared ? a.map { $0 * $0 } : a, b, rows: rows, columns: columns, inner: inner,
                hasTiles: hasTiles)
            let c = FloatView.unwritten(rows * columns)
            // Values that another layer left in the memory must not matter.
            let packed = PairedMatrix(
                inner: inner, columns: columns,
                in: .unwritten(PairedMatrix.count(inner: inner, columns: columns)))
            if isTransposed {
                let stored = Reference.transpose(b, rows: inner, columns: columns)
                packed.packTransposed(stored.view, panels: 0..<packed.panelCount)
            } else {
                packed.pack(b.view, panels: 0..<packed.panelCount)
            }
            BFloatProduct.multiply(
                a.view, squared: squared, packed, into: c, rows: rows,
                scratch: .unwritten(BFloatProduct.scratchCount(rows: rows, inner: inner)))
            #expect(c.values == truth, "squared: \(squared)")
        }
    }

    @Test(arguments: sizes)
    func `products with a transposed left factor have the bits of the naive product`(size: [Int]) {
        let (rows, columns, inner) = (size[0], size[1], size[2])
        let a = values(rows * inner, stream: 1)
        let b = values(inner * columns, stream: 2)
        let stored = Reference.transpose(a, rows: rows, columns: inner)
        let scratch = FloatView.unwritten(
            BFloatProduct.scratchCount(transposed: rows, columns: columns, inner: inner))
        let truth = Reference.bfloatProduct(
            a.map { $0 * $0 }, b, rows: rows, columns: columns, inner: inner, hasTiles: hasTiles)
        let c = FloatView.unwritten(rows * columns)
        for panel in 0..<(columns + 31) / 32 {
            BFloatProduct.multiplyTransposed(
                stored.view, squared: true, b.view, into: c, rows: rows, columns: columns,
                panels: panel..<panel + 1, inner: inner, scratch: scratch)
        }
        #expect(c.values == truth)

        // Adding the product to zeros changes no bits, because no sum is -0 or denormal then.
        let sums = FloatBuffer(count: rows * columns).all
        BFloatProduct.multiplyTransposed(
            stored.view, squared: true, b.view, into: sums, rows: rows, columns: columns,
            inner: inner, accumulate: true, scratch: scratch)
        #expect(sums.values == truth.map { $0 + 0 })
    }

    @Test func `values are rounded to nearest, ties to even`() {
        let cases: [(Float, Float)] = [
            (1, 1), (1 + 0x1p-8, 1), (1 + 0x1p-8 + 0x1p-20, 1 + 0x1p-7), (1 + 0x1.8p-7, 1 + 0x1p-6),
            (-(1 + 0x1p-9), -1), (0x1p-127, 0), (.greatestFiniteMagnitude, .infinity),
            (.infinity, .infinity), (0, 0),
        ]
        for (value, rounded) in cases {
            let packed = PairedMatrix(inner: 1, columns: 1)
            packed.pack([value].view, panels: 0..<1)
            let c = FloatView.unwritten(1)
            BFloatProduct.multiply(
                [1 as Float].view, squared: false, packed, into: c, rows: 1,
                scratch: .unwritten(BFloatProduct.scratchCount(rows: 1, inner: 1)))
            #expect(c[0] == rounded || value.isInfinite || rounded.isInfinite, "\(value): \(c[0])")
            #expect(Reference.bfloat(value) == rounded)
        }
    }
}
