import Foundation
import LRNetLaunchSupport
import LRNetSupport
import Testing

extension EndToEndTests {
    /// Tests of what `lrnet-dist bench` prints, and of counts that must not grow. Times are not
    /// tested.
    @Suite struct BenchTests {
        private func bench(_ arguments: [String], ranks: Int? = nil) throws -> Launch.Outcome {
            try Launch(Launch.program("lrnet-dist"), ["bench"] + arguments, ranks: ranks).wait()
        }

        private func fields(_ arguments: [String], ranks: Int? = nil) throws -> [String: Any] {
            let outcome = try bench(arguments, ranks: ranks)
            try #require(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.split(separator: "\n").count == 1)
            let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
            return try #require(json as? [String: Any])
        }

        /// A convolution, a residual block, a strided one with its projection, and a wide layer.
        private static let residual =
            "{layers: [8C3, 8R, 16R/2, MP2, 64FC], input: 16x16x3, classes: 4}"

        /// Only wide layers.
        private static let flat = "{layers: [300FC, 20FC], input: 7x7x3, classes: 5}"

        /// The counts are those of rank 0 of two in a step with 256 images in 8 leaves: one node
        /// per rank, messages of up to 65,536 values, and two gradients (mean and variance) per
        /// weight.
        ///
        /// - The wide layer, 3136 to 512, gathers inputs (128 x 3136 values, 7 messages) and two
        ///   gradients of outputs (128 x 512 each, one message each). It computes and updates 33 of
        ///   66 panels of 48 x 512 weights, and gathers their logits, twice 811,008 values in 13
        ///   messages each. In total these are 2,154,496 values in 35 messages.
        /// - The second convolution's sums (means and variances) go to the owners of 25 of 50 units
        ///   of 1,024 weights each. Then the two kinds of logits go to all ranks. These are four
        ///   messages of 25,600 values.
        /// - Two small sums are sent in two messages each, and each value is sent once: the last
        ///   layer's 512 x 10 + 10 values, and the first convolution's 2 x 5 x 5 x 32.
        ///
        /// - Batch norm's sums (three layers, 608 channels) and the status are one message each: 2
        ///   Doubles per channel in both passes and the count in the forward pass, and 5 Doubles.
        ///
        /// The collectives are the check for finite sums, of one integer, and the decision.
        @Test func `a step of the MNIST network sends the expected messages and bytes`() throws {
            let fields = try fields(["--network", "mnist", "--steps", "1"], ranks: 2)
            let sums = 4 * 25_600 + 5130 + 1600
            let rows = 4 * 608 + 3 + 5
            #expect(fields["sent_messages"] as? Int == 35 + 4 + 2 * 2 + 7)
            #expect(fields["sent_bytes"] as? Int == 4 * (2_154_496 + sums) + 8 * rows)
            #expect(fields["collectives"] as? Int == 2)
            #expect(fields["collective_bytes"] as? Int == 8 + 25)
            #expect(fields["buffer_allocations"] as? Int == 0)
            let exchange = try #require(fields["exchange_seconds"] as? Double)
            let unhidden = try #require(fields["unhidden_seconds"] as? Double)
            let percent = try #require(fields["unhidden_percent"] as? Double)
            #expect(exchange > 0 && unhidden > 0)
            #expect(abs(percent - 100 * unhidden / exchange) < 1e-6)
        }

        /// The plan is that of `StepPlan`.
        @Test(arguments: ["mnist", Self.residual, Self.flat], [2, 3, 5])
        func `the traffic of a step equals the planned traffic`(
            network: String, ranks: Int
        ) throws {
            for batch in ["32", "256"] {
                let fields = try fields(
                    ["--network", network, "--global-batch", batch, "--steps", "1"], ranks: ranks)
                for unit in ["messages", "bytes"] {
                    let sent = try #require(fields["sent_\(unit)"] as? Int)
                    #expect(sent > 0 && fields["planned_\(unit)"] as? Int == sent, "\(unit)")
                    // All ranks are on this machine.
                    #expect(fields["sent_\(unit)_leaving"] as? Int == 0, "\(unit)")
                    #expect(fields["planned_\(unit)_leaving"] as? Int == 0, "\(unit)")
                }
            }
        }

        @Test func `a single process sends no messages and no bytes`() throws {
            let fields = try fields(["--global-batch", "32", "--steps", "1"])
            for key in ["sent_messages", "sent_bytes", "collectives", "collective_bytes"] {
                #expect(fields[key] as? Int == 0, "\(key)")
            }
        }

        /// This is true of both reductions.
        @Test(arguments: ["mnist", Self.residual], ["exact", "fast"])
        func `steps after the second allocate no buffers`(
            network: String, reduction: String
        ) throws {
            for ranks in [nil, 3] {
                let fields = try fields(
                    [
                        "--network", network, "--global-batch", "32", "--micro-batch", "2",
                        "--steps", "3", "--reduction", reduction,
                    ], ranks: ranks)
                #expect(fields["buffer_allocations"] as? Int == 0, "\(ranks ?? 1) ranks")
            }
        }

        @Test(arguments: [nil, 2])
        func `the communication benchmark measures the exact and the fast reduction`(
            ranks: Int?
        ) throws {
            let arguments = [
                "--communication", "--network", Self.residual, "--global-batch", "16", "--steps",
                "2",
            ]
            let fields = try fields(arguments + ["--json"], ranks: ranks)
            #expect(fields["ranks"] as? Int == ranks ?? 1)
            #expect(fields["steps"] as? Int == 2)
            let values = try #require(fields["values"] as? Int)
            #expect(values > 0)
            // Two ranks have one node each, so every value is sent once.
            #expect(fields["exchange_bytes"] as? Int == (ranks == nil ? 0 : 4 * values))
            for key in [
                "exchange_seconds", "exchange_stepped_seconds", "mpi_allreduce_seconds", "ratio",
            ] {
                #expect(try #require(fields[key] as? Double) > 0, "\(key)")
            }
            let exact = try #require(fields["exact"] as? [String: Any])
            let fast = try #require(fields["fast"] as? [String: Any])
            for steps in [exact, fast] {
                #expect(try #require(steps["step_seconds"] as? Double) > 0)
                #expect(steps["mpi_percent"] is Double && steps["communication_percent"] is Double)
                #expect(try #require(steps["exchange_seconds"] as? Double) > 0)
                #expect(steps["unhidden_seconds"] is Double && steps["unhidden_percent"] is Double)
            }
            // The fast reduction sums by collectives what the exact one sends in messages.
            let sent = try [exact, fast].map { try #require($0["bytes"] as? Int) }
            let calls = try [exact, fast].map { try #require($0["collectives"] as? Int) }
            let isAlone = ranks == nil
            #expect(!isAlone || sent == [0, 0] && calls == [0, 0])
            #expect(isAlone || sent[0] > sent[1] && calls[0] < calls[1])
            let table = try bench(arguments, ranks: ranks)
            #expect(table.status == 0 && table.output.contains("MPI_Allreduce"))
            let rows = try bench(arguments + ["--markdown"], ranks: ranks).output
            #expect(rows.hasPrefix("| \(ranks ?? 1) | exact | "))
            #expect(rows.contains("\n| \(ranks ?? 1) | fast | "))
        }

        @Test func `the kernel benchmark prints every field for the selected kernels`() throws {
            let arguments = ["--kernels", "--only", "softmax"]
            let fields = try fields(arguments + ["--json"])
            let versions = try #require(fields["versions"] as? [String: Any])
            #expect(versions["lrnetDist"] as? String == ProgramVersion.number)
            let processor = try #require(fields["processor"] as? [String: Any])
            #expect(processor["model"] is String)
            let bounds = try #require(fields["bounds"] as? [String: Any])
            for key in [
                "product_gflops", "copy_l2_gigabytes", "copy_l3_gigabytes", "copy_memory_gigabytes",
            ] {
                #expect(try #require(bounds[key] as? Double) > 0, "\(key)")
            }
            let rows = try #require(fields["kernels"] as? [[String: Any]])
            #expect(rows.map { $0["shape"] as? String } == ["256x10", "32x1000"])
            for key in [
                "kernel", "seconds", "rate", "rate_unit", "bound", "bound_rate", "bound_percent",
                "times_naive", "reason",
            ] {
                #expect(rows.allSatisfy { $0[key] != nil }, "\(key)")
            }
            let markdown = try bench(arguments + ["--markdown"])
            #expect(markdown.output.contains("| kernel | shape | time |"))
        }

        /// Options alone mean `bench step`; `--kernels` and `--communication` select the other
        /// commands.
        @Test(arguments: [
            (
                ["step", "--network", Self.flat, "--steps", "1"],
                ["--network", Self.flat, "--steps", "1"]
            ),
            (
                ["kernels", "--only", "softmax", "--json"],
                ["--kernels", "--only", "softmax", "--json"]
            ),
            (
                ["exchange", "--network", Self.flat, "--steps", "1", "--json"],
                ["--communication", "--network", Self.flat, "--steps", "1", "--json"]
            ),
        ])
        func `each bench command has the same fields as its shorthand`(
            named: [String], shorthand: [String]
        ) throws {
            #expect(try fields(named).keys.sorted() == fields(shorthand).keys.sorted())
        }

        @Test(arguments: [
            ["kernels", "--network", "mnist"], ["step", "--steps", "0"],
            ["exchange", "--reduction", "fast"], ["exchange", "--data", "d"], ["kernel"],
            ["kernels", "--json", "--markdown"], ["--kernels", "--network", "a", "--steps", "0"],
        ]) func `wrong options of bench's commands exit with 64`(arguments: [String]) throws {
            #expect(try bench(arguments).status == 64)
        }

        @Test(arguments: [
            ["--kernels", "--communication"], ["--kernels", "--threads", "2"], ["--markdown"],
            ["--kernels", "--json", "--markdown"], ["--communication", "--reduction", "fast"],
            ["--only", "add"], ["--kernels", "--only", "fft"], ["--steps", "0"],
            ["--threads", "0"],
        ])
        func `wrong options of bench without a command exit with 64`(arguments: [String]) throws {
            #expect(try bench(arguments).status == 64)
        }

        @Test(arguments: ["--kernels", "kernels"])
        func `the kernel benchmark refuses more than one process`(word: String) throws {
            let outcome = try bench([word], ranks: 2)
            #expect(outcome.status == 64)
            #expect(
                outcome.complaints == ["bench: \(word): runs in one process, not on 2 ranks"])
        }
    }
}
