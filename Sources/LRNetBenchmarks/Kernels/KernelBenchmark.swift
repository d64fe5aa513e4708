internal import Foundation
internal import LRNetKernels
internal import LRNetSupport

/// A benchmark of each hot kernel on one thread. It compares the kernel's results with those of its
/// naive twin, and then its time with the twin's time and with the machine's bound.
package struct KernelBenchmark {
    private let cases: [KernelCase]
    private let progress: ProgressBar?

    /// Creates a benchmark that shows its progress on standard error.
    ///
    /// - Parameter text: A text that the names of kernels must contain; `nil` for all kernels.
    /// - Throws: `Failure` (64) if there is no such kernel.
    package init(only text: String? = nil) throws {
        let cases = KernelCases.all.filter { kernel in
            text.map { kernel.name.localizedCaseInsensitiveContains($0) } ?? true
        }
        guard !cases.isEmpty else {
            throw Failure(
                call: "bench", subject: "--only \(text ?? "")",
                message: "no kernel name contains this; omit --only to run and list all kernels",
                exitStatus: .usage)
        }
        self.init(cases: cases, showsProgress: true)
    }

    /// Creates a benchmark of the given kernels.
    package init(cases: [KernelCase], showsProgress: Bool) {
        self.cases = cases
        progress =
            showsProgress
            ? ProgressBar("kernels", total: Self.rounds * cases.count, unit: "kernels") : nil
    }

    /// The number of measurements of each kernel, which are some seconds apart; the best one
    /// counts.
    private static let rounds = 2

    /// The number of kernels between two measurements of the machine's bounds; the best measurement
    /// counts.
    private static let kernelsPerBound = 10

    /// Runs the benchmark.
    ///
    /// - Throws: `Failure` (70) if a kernel's result differs from its naive twin's.
    package func run() throws -> KernelReport {
        defer { progress?.finish() }
        var bounds = MachineBounds.measure()
        var naive: [Double] = []
        var best = [Double](repeating: .infinity, count: cases.count)
        for round in 0..<Self.rounds {
            for (index, kernel) in cases.enumerated() {
                let done = round * cases.count + index
                progress?.update(done: done, note: "\(kernel.name) \(kernel.shape)")
                if round == 0 { naive.append(try Self.check(kernel)) }
                best[index] = min(
                    best[index], BenchmarkTimer().best(kernel.prepare(kernel.units).fast))
                if done % Self.kernelsPerBound == 0 { bounds = bounds.better(of: .measure()) }
            }
        }
        return KernelReport(
            bounds: bounds,
            kernels: cases.indices.map { index in
                KernelReport.Row(
                    cases[index], seconds: best[index], naiveSeconds: naive[index], bounds: bounds)
            })
    }

    /// Compares a kernel with its naive twin.
    ///
    /// - Returns: The twin's time for all units, in seconds.
    /// - Throws: `Failure` (70) if the results differ by more than the tolerance.
    package static func check(_ kernel: KernelCase) throws -> Double {
        try BFloatProduct.checkSupport()
        let run = kernel.prepare(kernel.naiveUnits)
        run.fast()
        var seconds = time(run.naive)
        let difference = run.difference
        guard difference <= kernel.tolerance else {
            throw Failure(
                call: "bench", subject: "\(kernel.name) \(kernel.shape)",
                message: "differs from its naive twin by \(difference) times the results' root "
                    + "mean square, where at most \(kernel.tolerance) is allowed; do not train "
                    + "with this build on this machine", exitStatus: .internalError)
        }
        // The first call includes the first access to memory. A short measurement is repeated.
        for _ in 0..<3 where seconds < 0.02 { seconds = min(seconds, time(run.naive)) }
        return seconds * Double(kernel.units) / Double(kernel.naiveUnits)
    }

    private static func time(_ work: () -> Void) -> Double {
        let start = ContinuousClock.now
        work()
        return (ContinuousClock.now - start).seconds
    }
}
