import Foundation
import LRNetCollectives
import LRNetDiagnostics
import Testing

@Suite struct EnvironmentTests {
    static let cpuinfo = """
        processor\t: 0
        vendor_id\t: GenuineIntel
        model name\t: Intel(R) Xeon(R) Platinum 8358
        flags\t\t: fpu sse2 sse4_2 avx avx2 fma avx512f avx512dq avx512bw avx512vl

        processor\t: 1
        model name\t: another
        """

    private func processor(cores: Int = 8) -> ProcessorDescription {
        ProcessorDescription(cpuinfo: Self.cpuinfo, coreCount: cores)
    }

    private func environment(
        _ ranks: [(host: String, cores: [Int])], threads: Int, blas: String = "SkylakeX"
    ) -> RunEnvironment {
        RunEnvironment(
            startedAt: "now", versions: LibraryVersions(), threads: threads, variables: [:],
            placement: ranks.enumerated().map {
                RankEnvironment(
                    rank: $0.offset, host: $0.element.host, processor: processor(),
                    blasCore: blas, cores: $0.element.cores, mpiThreadLevel: "funneled")
            })
    }

    private func verdicts(_ environment: RunEnvironment) -> [String: Finding.Verdict] {
        Dictionary(
            PlacementCheck.findings(environment).map { ($0.topic, $0.verdict) },
            uniquingKeysWith: { max($0, $1) })
    }

    @Test func `model and vector level are read from cpuinfo`() {
        #expect(processor().model == "Intel(R) Xeon(R) Platinum 8358")
        #expect(processor().vectorLevel == .avx512)
        #expect(processor().vectorExtensions.first == "sse2")
        let none = ProcessorDescription(cpuinfo: "", coreCount: 1)
        #expect(none.model == "unknown" && none.vectorLevel == .basic)
        let old = ProcessorDescription(cpuinfo: "flags : sse2 avx avx2", coreCount: 1)
        #expect(old.vectorLevel == .avx)
    }

    @Test func `lists of cores are parsed and written as ranges`() {
        #expect(
            ProcessAffinity.cores(status: "Name:\tx\nCpus_allowed_list:\t0-3,8\n") == [
                0, 1, 2, 3, 8,
            ])
        #expect(ProcessAffinity.cores(status: "Cpus_allowed_list:\t5") == [5])
        #expect(ProcessAffinity.cores(status: "nothing").isEmpty)
        #expect(ProcessAffinity.text([0, 1, 2, 3, 8]) == "0-3,8")
        #expect(ProcessAffinity.text([]) == "")
    }

    @Test func `the placement check detects wrong binding, too many ranks and mixed processors`() {
        let all = Array(0..<8)
        let good = verdicts(environment([("a", all), ("a", all)], threads: 4))
        #expect(good == ["cores": .good, "binding": .good, "same CPUs": .good])
        // One core per rank is right for one thread and wrong for two.
        let bound = [(host: "a", cores: [0]), (host: "a", cores: [1])]
        #expect(verdicts(environment(bound, threads: 1))["binding"] == .good)
        #expect(verdicts(environment(bound, threads: 2))["binding"] == .failure)
        let remedy = PlacementCheck.findings(environment(bound, threads: 2)).first {
            $0.verdict == .failure
        }?.remedy
        #expect(remedy?.contains("--bind-to none") == true)
        // Two ranks on the same core.
        #expect(verdicts(environment([("a", [0]), ("a", [0])], threads: 1))["binding"] == .failure)
        // More ranks than cores is slow, not wrong.
        let many = verdicts(
            environment(Array(repeating: (host: "a", cores: all), count: 9), threads: 1))
        #expect(many["cores"] == .warning && many["binding"] == .good)
        var mixed = environment([("a", all), ("b", all)], threads: 1)
        mixed.placement[1].blasCore = "Haswell"
        #expect(verdicts(mixed)["same CPUs"] == .warning)
        mixed = environment(["a", "a", "b", "c", "a"].map { ($0, all) }, threads: 1)
        mixed.placement[2].blasCore = "Haswell"
        mixed.placement[2].forcedBLASCore = "Haswell"
        mixed.placement[3].processor.model = "AMD EPYC"
        let warning = PlacementCheck.findings(mixed).first { $0.topic == "same CPUs" }
        let xeon = "Intel(R) Xeon(R) Platinum 8358, AVX-512, BLAS core"
        #expect(
            warning?.detail
                == "ranks 0-1,4 on a: \(xeon) SkylakeX; rank 2 on b: \(xeon) Haswell "
                + "(OPENBLAS_CORETYPE=Haswell); rank 3 on c: AMD EPYC, AVX-512, BLAS core SkylakeX")
        // A forced BLAS core equals the same core chosen automatically.
        mixed = environment([("a", all), ("b", all)], threads: 1)
        mixed.placement[1].forcedBLASCore = "SkylakeX"
        #expect(verdicts(mixed)["same CPUs"] == .good)
        #expect(mixed.hosts.map(\.name) == ["a", "b"])
    }

    @Test func `hosts with unequal or interleaved ranks are a warning with a remedy`() {
        func warning(_ hosts: [String]) -> Finding? {
            PlacementCheck.findings(environment(hosts.map { ($0, [0, 1]) }, threads: 1)).first {
                $0.topic == "rank order"
            }
        }
        #expect(warning(["a", "a", "b", "b"]) == nil)
        #expect(warning(["a", "b", "c"]) == nil)
        let cause =
            ", so ranks do not exchange within their host first and more bytes leave each host"
        let unequal = warning(["a", "a", "b"])
        #expect(unequal?.verdict == .warning)
        #expect(unequal?.detail == "hosts have 1 to 2 ranks\(cause)")
        #expect(unequal?.remedy.contains("--map-by ppr:N:node") == true)
        #expect(
            warning(["a", "b", "a", "b"])?.detail
                == "the ranks of a host are not consecutive: ranks 0,2 on a\(cause)")
        #expect(
            warning(["a", "a", "b", "c", "b", "c"])?.detail
                == "the ranks of a host are not consecutive: ranks 2,4 on b\(cause)")
    }

    /// If the time grew with the square of the ranks, the ratio would be 4. Each rank has a host of
    /// its own.
    @Test func `the time of the placement check grows in proportion to the ranks`() {
        let environments = [4096, 8192].map { count in
            var mixed = environment(
                (0..<count).map { (host: "node\($0)", cores: [0]) }, threads: 1)
            // Two kinds of processors.
            for rank in mixed.placement.indices.suffix(10) {
                mixed.placement[rank].blasCore = "Haswell"
            }
            return mixed
        }
        var times = [Duration.seconds(1000), .seconds(1000)]
        for _ in 0..<20 {
            for (index, environment) in environments.enumerated() {
                let start = ContinuousClock.now
                let findings = PlacementCheck.findings(environment)
                times[index] = min(times[index], ContinuousClock.now - start)
                #expect(findings.count == 2 * environment.ranks + 1)
            }
        }
        #expect(times[1] / times[0] < 3, "\(times)")
    }

    @Test func `a BLAS core below the level of the processor is a warning`() {
        func check(_ core: String, forced: String?) -> Finding {
            var rank = environment([("a", [])], threads: 1, blas: core).placement[0]
            rank.forcedBLASCore = forced
            return BLASCoreCheck.finding(rank, isUsed: true)
        }
        #expect(check("SkylakeX", forced: nil).verdict == .good)
        #expect(check("Cooperlake", forced: "Cooperlake").verdict == .good)
        #expect(check("FutureLake", forced: nil).verdict == .good)
        let forced = check("Haswell", forced: "Haswell")
        #expect(forced.verdict == .warning && forced.remedy.hasPrefix("unset OPENBLAS_CORETYPE"))
        let unknown = check("Prescott", forced: nil)
        #expect(unknown.verdict == .warning)
        #expect(unknown.remedy.contains("export OPENBLAS_CORETYPE=SkylakeX"))
    }

    @Test func `a single process is healthy, and each problem has a remedy`() throws {
        let report = try Doctor(group: SingleProcessGroup(), threads: 1).examine()
        #expect(report.isHealthy, "\(report.text)")
        #expect(report.findings.count >= 15)
        for finding in report.findings {
            #expect(!finding.detail.isEmpty)
            #expect((finding.verdict == .good) == finding.remedy.isEmpty)
        }
        var broken = report
        broken.findings[0].verdict = .failure
        #expect(!broken.isHealthy)
        #expect(broken.text.contains("FAIL  program"))
    }
}
