internal import Foundation
package import LRNetDiagnostics
internal import LRNetKernels
internal import LRNetSupport

/// The results of the kernel benchmark, as JSON or as a table.
package struct KernelReport: Codable, Sendable {
    /// One kernel at one shape.
    package struct Row: Codable, Sendable {
        package var kernel: String
        /// The sizes.
        package var shape: String
        /// The best time.
        package var seconds: Double
        package var rate: Double
        /// The unit of ``rate``: `GFLOP/s`, `GB/s` or `ns/number`.
        package var rate_unit: String
        /// The bound that limits the kernel: `peak`, `L2 copy`, `L3 copy` or `memory copy`.
        package var bound: String
        /// The bound as a rate, in the same unit.
        package var bound_rate: Double
        /// The bound's time in percent of the measured time. For Winograd's convolutions it is the
        /// time of the direct sum, so the percentage can exceed 100.
        package var bound_percent: Double
        /// For Winograd's algorithm, the rate if its own products ran at the peak.
        package var ceiling_rate: Double?
        /// The naive twin's time divided by the kernel's time.
        package var times_naive: Double
        /// The reason why the kernel does not reach its bound.
        package var reason: String
    }

    /// The CPU.
    package var processor: ProcessorDescription
    /// The versions of software on which the numbers may depend.
    package var versions: LibraryVersions
    /// The provider of matrix products.
    package var products: String
    /// The provider of products in bfloat16.
    package var bfloat_products: String
    /// The bounds of one core.
    package var bounds: MachineBounds
    package var kernels: [Row]

    init(bounds: MachineBounds, kernels: [Row]) {
        processor = .current()
        versions = LibraryVersions()
        products = MatrixProduct.provider
        bfloat_products = BFloatProduct.provider.rawValue
        self.bounds = bounds
        self.kernels = kernels
    }

    private static let header = [
        "kernel", "shape", "time", "rate", "bound", "%", "x naive", "why not more",
    ]

    private static let notes = """
        %: the bound's time in percent of the measured time. GFLOP/s of convolutions count the \
        operations of the direct sum, of which Winograd's algorithm computes a quarter (3x3) or \
        about a third (5x5), so more than 100 % is possible; the number in parentheses is the rate \
        if its own products ran at the peak. The peak is that of Float32, also for bfloat16. GB/s count each value that must be read or written \
        once; kernels that mostly read, or that write where they have read, may exceed a copy. \
        Multiplications of noise and weights are compared with the peak. x naive: the speedup over \
        a plain loop with the same result, which the compiler may have vectorized.
        """

    private var machine: [String] {
        let bound = { (rate: Double) in String(format: "%.0f", rate) }
        return [
            "\(processor.model), \(processor.coreCount) cores, L2 \(bounds.l2_bytes >> 10) KiB, "
                + "L3 \(bounds.l3_bytes >> 20) MiB; lrnet-dist \(versions.lrnetDist), "
                + "\(versions.swift), products by \(products), in bfloat16 by \(bfloat_products)",
            "One core: product \(bound(bounds.product_gflops)) GFLOP/s; copies, bytes read and "
                + "written: L2 \(bound(bounds.copy_l2_gigabytes)), "
                + "L3 \(bound(bounds.copy_l3_gigabytes)), "
                + "memory \(bound(bounds.copy_memory_gigabytes)) GB/s",
        ]
    }

    /// A table for terminals.
    package var text: String {
        var table = TextTable(Self.header)
        for row in kernels { table.append(row.cells) }
        return (machine + [""] + table.lines + ["", Self.notes]).map { $0 + "\n" }.joined()
    }

    /// The table in Markdown.
    package var markdown: String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        let numeric = 2...6
        let rule = Self.header.indices.map { numeric.contains($0) ? "---:" : "---" }
        let lines =
            machine.flatMap { [$0, ""] } + [line(Self.header), line(rule)]
            + kernels.map { line($0.cells) } + ["", Self.notes]
        return lines.map { $0 + "\n" }.joined()
    }
}

extension KernelReport.Row {
    init(_ kernel: KernelCase, seconds: Double, naiveSeconds: Double, bounds: MachineBounds) {
        let limit = bounds.limit(kernel.work)
        let work = kernel.work
        /// Returns the rate of the work when it takes `seconds`.
        func rate(_ seconds: Double) -> Double {
            switch work.unit {
            case .operations: 1e-9 * work.floatingPointOperations / seconds
            case .bytes: 1e-9 * work.byteCount / seconds
            case .numbers(let count): 1e9 * seconds / Double(count)
            }
        }
        self.init(
            kernel: kernel.name, shape: kernel.shape, seconds: seconds, rate: rate(seconds),
            rate_unit: {
                switch work.unit {
                case .operations: "GFLOP/s"
                case .bytes: "GB/s"
                case .numbers: "ns/number"
                }
            }(),
            bound: limit.name, bound_rate: rate(limit.seconds),
            bound_percent: 100 * limit.seconds / seconds,
            ceiling_rate: work.saving.map { $0 * bounds.product_gflops },
            times_naive: naiveSeconds / seconds, reason: kernel.reason)
    }

    /// The cells of the row in a table.
    var cells: [String] {
        func digits(_ value: Double) -> String {
            value >= 10
                ? TextTable.grouped(Int(value.rounded())) : String(format: "%.2f", value)
        }
        let time =
            seconds < 1e-3
            ? digits(1e6 * seconds) + " us" : digits(1e3 * seconds) + " ms"
        let ceiling = ceiling_rate.map { " (\(digits($0)))" } ?? ""
        return [
            kernel, shape, time, "\(digits(rate)) \(rate_unit)",
            "\(bound) \(digits(bound_rate))\(ceiling)", digits(bound_percent), digits(times_naive),
            reason,
        ]
    }
}
