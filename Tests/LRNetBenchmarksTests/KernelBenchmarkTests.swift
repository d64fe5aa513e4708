import Foundation
import LRNetBenchmarks
import LRNetSupport
import Testing

@Suite struct KernelBenchmarkTests {
    private let bounds = MachineBounds(
        product: 100, l2: 80, l3: 40, memory: 10, sizes: (1 << 20, 32 << 20))

    private func kernel(_ name: String, _ shape: String) throws -> KernelCase {
        try #require(KernelCases.all.first { $0.name == name && $0.shape == shape })
    }

    /// Returns a kernel that adds `error` to the last of three results.
    private func doubtful(_ error: Float) -> KernelCase {
        KernelCase(
            name: "doubtful", shape: "3", units: 1, naiveUnits: 1, work: .pass(values: 3),
            reason: "a test"
        ) { _ in
            KernelRun(fast: {}, naive: {}, results: { [([1, 1, 1 + error], [1, 1, 1])] })
        }
    }

    @Test func `every hot kernel has a row`() {
        let cases = KernelCases.all
        #expect(cases.count == 75)
        #expect(Set(cases.map { "\($0.name) \($0.shape)" }).count == cases.count)
        let names = Set(cases.map(\.name))
        for name in [
            "product", "weight gradient, product", "pack", "pack transposed", "convolution",
            "convolution, input gradient", "convolution, weight gradient", "bfloat16 convolution",
            "bfloat16 convolution, input gradient", "bfloat16 convolution, weight gradient",
            "pack Winograd weights",
            "pack turned Winograd weights", "gather patches",
            "add patches up", "max pooling", "max pooling, gradient", "batch norm, moments",
            "batch norm, normalize", "batch norm, gradient sums", "batch norm, backward", "noise",
            "sample pre-activations", "ternary moments", "ternary pull-back", "Adam", "add",
            "multiply", "softmax and its gradient",
        ] {
            #expect(names.contains(name), "\(name)")
        }
        for kernel in cases {
            #expect(!kernel.reason.isEmpty && kernel.naiveUnits <= kernel.units, "\(kernel.name)")
            #expect(kernel.work.multiplications + kernel.work.byteCount > 0, "\(kernel.name)")
        }
    }

    /// Compares them at the sizes that the benchmark uses.
    @Test(arguments: KernelCases.all.indices)
    func `every kernel agrees with its naive twin`(index: Int) throws {
        _ = try KernelBenchmark.check(KernelCases.all[index])
    }

    @Test func `bytes, operations and savings of kernels are counted`() throws {
        let add = try kernel("add", "65536").work
        #expect(add.byteCount == 3 * 4 * 65_536)
        #expect(add.workingSet == 2 * 4 * 65_536)
        let product = try kernel("product", "480x512x512").work
        #expect(product.floatingPointOperations == 251_658_240)
        #expect(product.byteCount == 3_014_656)
        // Each of 64 tiles of 4x4 outputs needs 36 products, instead of 9 per pixel.
        let convolution = try kernel("convolution", "8x32x32x128->128 3x3").work
        let direct: Double = 2 * 8 * 32 * 32 * 9 * 128 * 128
        #expect(convolution.floatingPointOperations == direct)
        #expect(convolution.saving == 4)
        let wide = try kernel("convolution", "32x14x14x32->64 5x5").work
        #expect(wide.saving == 100.0 / 36.0)
        let noise = try kernel("noise", "4x12544").work
        #expect(noise.unit == .numbers(4 * 12_544))
    }

    /// The working set selects the level of memory.
    @Test func `the bound is the slower of arithmetic and memory traffic`() {
        let product = bounds.limit(.products(5_000_000_000))
        #expect(product.name == "peak" && abs(product.seconds - 0.1) < 1e-12)
        let small = bounds.limit(.pass(values: 200_000))
        #expect(small.name == "L2 copy" && abs(small.seconds - 1e-5) < 1e-12)
        let middle = bounds.limit(.pass(values: 5_000_000))
        #expect(middle.name == "L3 copy" && abs(middle.seconds - 5e-4) < 1e-12)
        let large = bounds.limit(.pass(values: 10_000_000))
        #expect(large.name == "memory copy" && abs(large.seconds - 4e-3) < 1e-12)
        let again = bounds.limit(.pass(values: 10_000_000, workingSet: 1000))
        #expect(again.name == "L2 copy")
        let heavy = bounds.limit(.pass(values: 200_000, multiplications: 5_000_000))
        #expect(heavy.name == "peak" && abs(heavy.seconds - 1e-4) < 1e-12)
    }

    @Test func `a kernel that differs from its naive twin is an error`() throws {
        _ = try KernelBenchmark.check(doubtful(1e-6))
        for error in [1e-4, -1e-4, Float.nan, .infinity] {
            #expect {
                try KernelBenchmark.check(doubtful(error))
            } throws: {
                ($0 as? Failure)?.exitStatus == .internalError
                    && "\($0)".hasPrefix("bench: doubtful 3: differs from its naive twin by ")
            }
        }
        #expect(KernelRun(fast: {}, naive: {}, results: { [] }).difference == .infinity)
        #expect(
            KernelRun(fast: {}, naive: {}, results: { [([1], [1, 1])] }).difference == .infinity)
    }

    @Test func `an unknown kernel is a usage error`() {
        #expect {
            try KernelBenchmark(only: "fft")
        } throws: {
            ($0 as? Failure)?.exitStatus == .usage
        }
    }

    @Test func `the report has one row per kernel`() throws {
        let cases = [
            try kernel("add", "65536"), try kernel("softmax and its gradient", "256x10"),
            try kernel("convolution", "4x7x7x512->512 3x3"),
        ]
        let report = try KernelBenchmark(cases: cases, showsProgress: false).run()
        #expect(report.kernels.map(\.kernel) == cases.map(\.name))
        #expect(report.kernels.map { $0.ceiling_rate != nil } == [false, false, true])
        for row in report.kernels {
            #expect(row.seconds > 0 && row.rate > 0 && row.bound_rate > 0 && row.times_naive > 0)
            #expect(report.text.contains(row.shape) && report.markdown.contains("| \(row.shape) |"))
        }
        let table = report.markdown.split(separator: "\n").filter { $0.hasPrefix("|") }
        #expect(table.count == 2 + cases.count)
        #expect(Set(table.map { $0.count { $0 == "|" } }) == [9])
    }
}
