internal import LRNetKernels
internal import LRNetReference

/// The rows of the kernel benchmark: the hot kernels at shapes of the three networks.
///
/// The shapes are for a micro-batch of the MNIST network (32 images, 256 for the fully connected
/// layer), the CIFAR-10 network (8, 64) and ResNet-18 (4).
package enum KernelCases {
    /// All rows, in the order of the table.
    package static var all: [KernelCase] {
        products + convolutions + images + normalization + elements
    }

    // MARK: Matrix products

    static var products: [KernelCase] {
        [
            product("product", rows: 480, inner: 512, columns: 512, "the peak itself"),
            product(
                "product, first layer", rows: 784 * 8, inner: 25, columns: 32,
                "sums of 25 terms: storing a tile costs as much as computing it"),
            product(
                "product, 7x7 first layer", rows: 12_544, inner: 147, columns: 64,
                "short sums, and rows that are read from memory once"),
            product(
                "product, fully connected", rows: 256, inner: 3136, columns: 512,
                "a panel of 3136x32 values is larger than L1 and fills a third of L2"),
            product(
                "product, fully connected", rows: 64, inner: 8192, columns: 1024,
                "33 MB of weights for 64 rows: each panel is read from memory for six tiles"),
            product(
                "product, last layer", rows: 256, inner: 512, columns: 10,
                "only 10 of a tile's 32 columns are needed"),
            weightGradient(
                samples: 256, rows: 3136, columns: 512,
                "B is read in place, a row of a panel in each page; C is written once"),
            weightGradient(
                samples: 64, rows: 8192, columns: 1024,
                "64 terms per sum: writing C (33 MB) takes much of the time"),
            weightGradient(
                samples: 12_544, rows: 147, columns: 64,
                "long sums over rows a page apart"),
            packing(.plain, inner: 3136, columns: 512, "rows of 128 bytes, a page apart"),
            packing(.transposed, inner: 512, columns: 3136, "one value at a time, in 16x16 blocks"),
        ]
    }

    private static func product(
        _ name: String, rows: Int, inner: Int, columns: Int, _ reason: String
    ) -> KernelCase {
        KernelCase(
            name: name, shape: "\(rows)x\(inner)x\(columns)", units: rows,
            naiveUnits: min(rows, max(12, 40_000_000 / (inner * columns) / 12 * 12)),
            work: .products(
                rows * inner * columns, values: rows * inner + inner * columns + rows * columns),
            tolerance: KernelCase.longSum, reason: reason
        ) { rows in
            let a = BenchmarkData.normal(rows * inner)
            let b = BenchmarkData.normal(inner * columns, stream: 1)
            let packed = PackedMatrix(inner: inner, columns: columns)
            packed.pack(b, panels: 0..<packed.panelCount)
            let fast = FloatBuffer(count: rows * columns).all
            let (naiveA, naiveB) = (a.values, b.values)
            var naive: [Float] = []
            return KernelRun(
                fast: { MatrixProduct.multiply(.plain(a), packed, into: fast, rows: rows) },
                naive: {
                    naive = Reference.product(
                        naiveA, naiveB, rows: rows, columns: columns, inner: inner)
                }, results: { [(fast.values, naive)] })
        }
    }

    private static func weightGradient(
        samples: Int, rows: Int, columns: Int, _ reason: String
    ) -> KernelCase {
        KernelCase(
            name: "weight gradient, product", shape: "\(rows)x\(samples)x\(columns)",
            units: samples, naiveUnits: min(samples, max(4, 40_000_000 / (rows * columns))),
            work: .products(
                rows * samples * columns,
                values: rows * samples + samples * columns + rows * columns),
            tolerance: KernelCase.longSum, reason: reason
        ) { samples in
            let a = BenchmarkData.normal(samples * rows)
            let b = BenchmarkData.normal(samples * columns, stream: 1)
            let fast = FloatBuffer(count: rows * columns).all
            let (naiveA, naiveB) = (a.values, b.values)
            var naive: [Float] = []
            return KernelRun(
                fast: {
                    MatrixProduct.multiply(
                        .transposed(a), b, into: fast, rows: rows, columns: columns, inner: samples)
                },
                naive: {
                    naive = Reference.product(
                        naiveA, naiveB, rows: rows, columns: columns, inner: samples,
                        left: .transposed)
                }, results: { [(fast.values, naive)] })
        }
    }

    private static func packing(
        _ storage: Reference.Storage, inner: Int, columns: Int, _ reason: String
    ) -> KernelCase {
        let count = inner * columns
        return KernelCase(
            name: storage == .plain ? "pack" : "pack transposed", shape: "\(inner)x\(columns)",
            units: 1, naiveUnits: 1, work: .pass(values: 2 * count), tolerance: 0, reason: reason
        ) { _ in
            let matrix = BenchmarkData.normal(count)
            let fast = FloatBuffer(count: PackedMatrix.count(inner: inner, columns: columns)).all
            let values = matrix.values
            var naive = fast.values
            let packed = PackedMatrix(inner: inner, columns: columns, in: fast)
            let panels = 0..<packed.panelCount
            return KernelRun(
                fast: {
                    storage == .plain
                        ? packed.pack(matrix, panels: panels)
                        : packed.packTransposed(matrix, panels: panels)
                },
                naive: {
                    Reference.pack(
                        values, storage, inner: inner, columns: columns, into: &naive)
                }, results: { [(fast.values, naive)] })
        }
    }
}
