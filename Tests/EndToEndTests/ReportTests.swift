import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Tests of `lrnet-dist report` on real runs of a few steps.
    @Suite struct ReportTests {
        /// All sections of the page, in order.
        static let sections = [
            "curves", "central-limit", "probability-decay", "kernels", "methods", "entropy",
            "probabilities", "movement", "draws", "classes", "confusions", "stages",
        ]

        static let settings = [
            "training.steps=16", "validation.everyEpochs=1", "validation.draws=3",
            "validation.reestimateBatches=1",
        ]

        /// Four runs, the last of which has HTML markup in its name.
        private static let runs = Result {
            let folder = try TestFolder()
            let variants = [
                ("ternary", ["weights=ternary"]),
                ("ternary-no-decay", ["regularization.probabilityDecay=0"]),
                ("full-precision", ["weights=full-precision"]),
                ("<b>&\"binary'", ["weights=binary"]),
            ]
            for (name, more) in variants {
                _ = try TestRun(output: "\(folder.path)/\(name)").result(settings + more)
            }
            return (folder: folder, paths: variants.map { "\(folder.path)/\($0.0)" })
        }

        private func report(_ arguments: [String]) throws -> (
            code: Int32, output: String, error: String
        ) {
            try launch(Launch.program("lrnet-dist"), ["report"] + arguments)
        }

        private func text(_ path: String) throws -> String {
            String(decoding: try FileBytes.read(path), as: UTF8.self)
        }

        @Test func `a report of four runs draws all 12 figures in a self-contained page`() throws {
            let (_, paths) = try Self.runs.get()
            let folder = try TestFolder()
            let page = "\(folder.path)/page.html"
            let outcome = try report(paths + ["--output", page, "--data", Digits.path])
            try #require(outcome.code == 0, "\(outcome.error)")
            #expect(outcome.output.contains("12 of 12 figures of 4 runs"), "\(outcome.output)")
            let html = try text(page)
            for section in Self.sections {
                #expect(html.contains("<section id=\"\(section)\">"), "\(section)")
                let image = try text("\(folder.path)/page-figures/\(section).svg")
                #expect(image.contains("<svg xmlns=\"http://www.w3.org/2000/svg\""))
                #expect(image.contains("prefers-color-scheme:dark"))
            }
            #expect(
                TestFolder.names(in: "\(folder.path)/page-figures")
                    == Self.sections.map { "\($0).svg" }.sorted())
            #expect(!html.contains("class=\"missing\""))
            // The page is self-contained, and the names in it are escaped.
            for fragment in ["<script", "<link", "http://", "https://", "url(", "<b>"] {
                #expect(!html.contains(fragment), "\(fragment)")
            }
            #expect(html.contains("&lt;b&gt;&amp;&quot;binary&#39;"))
            // The same runs produce the same bytes.
            let again = "\(folder.path)/again.html"
            _ = try report(
                paths + [
                    "--output", again, "--data", Digits.path, "--figures",
                    "\(folder.path)/page-figures",
                ])
            #expect(try text(again) == html)
        }

        @Test func `a report names the figures it cannot draw and what they need`() throws {
            let (_, paths) = try Self.runs.get()
            let folder = try TestFolder()
            let page = "\(folder.path)/page.html"
            let outcome = try report([paths[2], "--output", page])
            try #require(outcome.code == 0, "\(outcome.error)")
            let html = try text(page)
            for section in Self.sections { #expect(html.contains("<section id=\"\(section)\">")) }
            #expect(html.contains("Needs --data DIR"))
            #expect(outcome.output.contains("not drawn: Figure 5"))
            #expect(
                TestFolder.names(in: "\(folder.path)/page-figures")
                    == ["classes.svg", "curves.svg", "kernels.svg", "stages.svg"])
        }

        @Test func `a report refuses bad input by name and writes no page`() throws {
            let (_, paths) = try Self.runs.get()
            let folder = try TestFolder()
            let copy = "\(folder.path)/copy"
            try FileManager.default.copyItem(atPath: paths[0], toPath: copy)
            func expect(
                _ arguments: [String], _ code: LRNetSupport.ExitStatus, _ message: String
            ) throws {
                let outcome = try report(arguments)
                #expect(outcome.code == code.rawValue, "\(outcome.error)")
                let lines = outcome.error.split(separator: "\n")
                #expect(lines.first?.contains(message) == true, "\(outcome.error)")
                if code != .usage { #expect(lines.count == 1, "\(outcome.error)") }
            }
            let page = "\(folder.path)/page.html"
            try expect([folder.path, "--output", page], .inputMissing, "is not a run")
            try expect([paths[0]], .usage, "give --output PAGE")
            try expect(
                [paths[0], "--output", "/proc/nowhere/page.html"], .inputOutput, "/proc/nowhere")
            try expect(
                [paths[0], "--output", page, "--data", folder.path], .inputMissing, folder.path)
            // Images of the right shape, but not the images that the run was trained on.
            let other = "\(folder.path)/other"
            try Digits.make(other, ["--seed", "9"])
            try expect(
                [paths[0], "--output", page, "--data", other], .badData,
                "is not the data set that ternary was trained on")
            let metrics = "\(copy)/metrics.jsonl"
            let lines = try text(metrics)
            try AtomicFile.write(
                lines.replacing("\"schemaVersion\":2", with: "\"schemaVersion\":9"), to: metrics)
            try expect([copy, "--output", page], .badData, "written by a later version")
            try AtomicFile.write("", to: metrics)
            try expect([copy, "--output", page], .badData, "has no record yet")
            try FileManager.default.removeItem(atPath: metrics)
            try expect([copy, "--output", page], .inputMissing, "contains no metrics.jsonl")
            try AtomicFile.write(lines, to: metrics)
            try AtomicFile.write("{}", to: "\(copy)/result.json")
            try expect(
                [copy, "--output", page], .badData,
                "result.json: does not have the format of this version")
            #expect(!FileBytes.exists(page))
        }

        // MARK: TensorBoard

        private struct Seen: Decodable {
            var scalars: [String: [[Double]]]
            var histograms: [String: [[Double]]]
            var images: [String: [[Double]]]
            var texts: [String: [String]]
        }

        /// A Python with the tensorboard package: `LRNET_PYTHON`, or `python3`.
        private static let python =
            ProcessInfo.processInfo.environment["LRNET_PYTHON"] ?? "python3"

        @Test func `TensorBoard reads the exported events with the values of the metrics`() throws {
            let (_, paths) = try Self.runs.get()
            let folder = try TestFolder()
            for _ in 0..<2 {
                // The second export replaces the first, so no step occurs twice.
                let outcome = try report([paths[0], "--tensorboard", folder.path])
                try #require(outcome.code == 0, "\(outcome.error)")
            }
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("read_events.py").path
            let read = try launch("/usr/bin/env", [Self.python, script, "\(folder.path)/ternary"])
            guard read.code != 77 else {
                FileHandle.standardError.write(
                    Data("SKIPPED: TensorBoard's reader: \(read.error)".utf8))
                return
            }
            try #require(read.code == 0, "\(read.error)")
            let seen = try JSONDecoder().decode(Seen.self, from: Data(read.output.utf8))
            let metrics = try RunMetrics(runFolder: paths[0])
            let losses = try #require(seen.scalars["training/loss"])
            #expect(losses.map { Int($0[0]) } == metrics.training.map(\.step))
            #expect(losses.map { Float($0[1]) } == metrics.training.map { Float($0.loss) })
            #expect(seen.scalars["validation/mean_percent"]?.count == metrics.validations.count)
            #expect(seen.scalars["entropy/conv1"]?.map { Int($0[0]) } == [0, 16])
            #expect(seen.scalars["flips/conv1"]?.map { Int($0[0]) } == [16])
            let layer = try #require(metrics.weights[0].layers.first)
            for histogram in try #require(seen.histograms["probability_of_zero/conv1"]) {
                #expect(histogram[1] == Double(layer.count) && histogram[2] == histogram[1])
            }
            #expect(
                seen.histograms["probability_of_zero/conv1"]?.map { Int($0[0]) }
                    == metrics.distributions.map(\.step))
            let image = try #require(seen.images["kernels/conv1"]?.first)
            #expect(image[1] == 248 && image[2] == 248 && image[3] > 248 * 248 * 3)
            #expect(seen.texts["recipe"]?.first?.contains("weights:") == true)
        }
    }
}
