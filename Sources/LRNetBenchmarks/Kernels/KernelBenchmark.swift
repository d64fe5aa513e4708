internal import Foundation
internal import LRNetKernels
internal import LRNetSupport

/// Times each hot kernel on one thread beside its naive twin and its bound, once its results have been
/// compared with the twin's.
package struct KernelBenchmark {
    private let cases: [KernelCase]
    private let progress: ProgressBar?

    /// Creates a benchmark that shows its progress on standard error.
    ///
    /// - Parameter text: What the names of kernels must contain; all kernels if `nil`.
    /// - Throws: `Failure` (64) if there is no such kernel.
    package init(only text: String? = nil) throws {
        let cases = KernelCases.all.filter { kernel in
            text.map { kernel.name.localizedCaseInsensitiveContains($0) } ?? true
        }
        guard !cases.isEmpty else {
            throw Failure(
                call: "bench", subject: "--only \(text ?? "")",
                message: "no kernel's name contains this; the table without --only shows them all",
                exitStatus: .usage)
        }
        self.init(cases: cases, showsProgress: true)
    }

    /// Creates a benchmark of some kernels.
    package init(cases: [KernelCase], showsProgress: Bool) {
        self.cases = cases
        progress =
            showsProgress
            ? ProgressBar("kernels", total: Self.rounds * cases.count, unit: "kernels") : nil
    }

    /// Times of each kernel, some seconds apart; the best counts.
    private static let rounds = 2

    /// Kernels between two measurements of the machine's bounds, the best of which counts.
    private static let kernelsPerBound = 10

    /// Runs it.
    ///
    /// - Throws: `Failure` (70) if a kernel's result is not its naive twin's.
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

    /// Compares a kernel with its naive twin; returns the twin's time for all units.
    package static func check(_ kernel: KernelCase) throws -> Double {
        let run = kernel.prepare(kernel.naiveUnits)
        run.fast()
        var seconds = time(run.naive)
        let difference = run.difference
        guard difference <= kernel.tolerance else {
            throw Failure(
                call: "bench", subject: "\(kernel.name) \(kernel.shape)",
                message: "differs from its naive twin by \(difference) of the results' root mean "
                    + "square where \(kernel.tolerance) are allowed; do not train with this build "
                    + "on this machine", exitStatus: .internalError)
        }
        // The first time includes the memory's; a short one is worth repeating.
        for _ in 0..<3 where seconds < 0.02 { seconds = min(seconds, time(run.naive)) }
        return seconds * Double(kernel.units) / Double(kernel.naiveUnits)
    }

    private static func time(_ work: () -> Void) -> Double {
        let start = ContinuousClock.now
        work()
        return (ContinuousClock.now - start).seconds
    }
}
