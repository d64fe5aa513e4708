import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

@Suite struct RunMetricsTests {
    static let training = """
        {"kind":"training","step":50,"epoch":4,"loss":1.5,"errorPercent":20,"learningRate":0.01,\
        "imagesPerSecond":100,"dataSeconds":1,"computeSeconds":2,"communicationSeconds":3}
        """
    static let run = """
        {"kind":"run","step":0,"schemaVersion":2,"stepsPerEpoch":15,"totalSteps":60,\
        "trainingImages":250}
        """

    private func read(_ lines: [String]) throws -> RunMetrics {
        let folder = try TestFolder()
        try AtomicFile.write(
            lines.joined(separator: "\n"), to: "\(folder.path)/\(RunMetrics.name)")
        return try RunMetrics(runFolder: folder.path)
    }

    private func failure(_ lines: [String]) -> Failure? {
        do {
            _ = try read(lines)
            return nil
        } catch {
            return error as? Failure
        }
    }

    @Test func `records are read by kind, and unknown or unfinished ones are skipped`() throws {
        let metrics = try read([Self.run, Self.training, #"{"kind":"unheard-of","step":1}"#, ""])
        #expect(metrics.run?.stepsPerEpoch == 15)
        #expect(metrics.training.map(\.loss) == [1.5])
        #expect(metrics.training[0].forwardSeconds == nil)
        #expect(metrics.stepsPerEpoch == 15)
        // A run of the first version: 13 is the least number that puts step 50 into epoch 4.
        #expect(try read([Self.training, ""]).stepsPerEpoch == 13)
        // A line that is still being written does not count yet.
        #expect(try read([Self.training, #"{"kind":"trai"#]).training.count == 1)
    }

    @Test func `metrics that cannot be used are refused with the cause`() {
        let later = Self.run.replacing(#""schemaVersion":2"#, with: #""schemaVersion":3"#)
        let cases: [([String], String)] = [
            ([later, Self.training, ""], "line 1: was written by a later version"),
            ([Self.training, "{}", ""], "line 2: is not a record"),
            ([#"{"kind":"training","step":1}"#, ""], "line 1: is not a 'training' record"),
            ([Self.run, ""], "has no record yet"),
            ([""], "has no record yet"),
        ]
        for (lines, message) in cases {
            let error = failure(lines)
            #expect(error?.exitStatus == .badData)
            #expect(error?.description.contains(message) == true, "\(error?.description ?? "-")")
        }
        let missing = #expect(throws: Failure.self) {
            _ = try RunMetrics(runFolder: "/nowhere")
        }
        #expect(missing?.exitStatus == .inputMissing)
    }
}
