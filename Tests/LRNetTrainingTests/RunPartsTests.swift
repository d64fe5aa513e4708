import Foundation
import LRNetCollectives
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetLayers
import LRNetSupport
import LRNetTraining
import LRNetWatchdog
import Testing

/// The parts of a run, each tested without the others.
@Suite struct RunPartsTests {
    // MARK: Checkpoints

    private func writer(_ parts: TrainedParts, _ folder: RunFolder) throws -> CheckpointWriter {
        try CheckpointWriter(
            folder: folder, context: parts.context,
            dataFingerprint: parts.data.set.fingerprint)
    }

    private func save(
        _ writer: CheckpointWriter, _ parts: TrainedParts, step: Int, isBest: Bool,
        trace: WeightTrace
    ) throws {
        var state = CoordinatorState()
        if isBest { _ = state.consider(parts.report(step: step, errors: [9, 7])) }
        try writer.save(
            RunState(step: step, coordinator: state), of: parts.trainingStep, trace: trace,
            beacon: ProgressBeacon())
    }

    /// The `--output` of a comparison is the folder above its runs.
    @Test(
        arguments: [
            (nil, "o/c/bwn/seed-1", "bwn/seed-1", "run the same command again to resume"),
            ("p/c", "o/c", "", "run the same command again with --output p/c to resume"),
            (
                "p/d/bwn/seed-1", "o/c/bwn/seed-1", "bwn/seed-1",
                "run the same command again with --output p/d to resume"
            ),
            (
                "o/c/bwn/old", "o/c/bwn/seed-1", "bwn/seed-1",
                "rename o/c/bwn/old back to o/c/bwn/seed-1 and run the same command again to "
                    + "resume"
            ),
        ] as [(String?, String, String, String)])
    func `the remedy for a stopped run depends on where its folder is now`(
        now: String?, given: String, subfolder: String, remedy: String
    ) {
        #expect(Trainer.remedy(now: now, given: given, subfolder: subfolder) == remedy)
    }

    @Test func `a checkpoint contains the state at the time of the save`() throws {
        let parts = try TrainedParts()
        let folder = try parts.openRun()
        let recorder = parts.recorder(folder)
        let writer = try writer(parts, folder)
        try save(writer, parts, step: 2, isBest: true, trace: recorder.trace)
        // The state was copied: later changes do not reach the file.
        let before = try parts.state()
        parts.disturb()
        try save(writer, parts, step: 4, isBest: false, trace: recorder.trace)
        try writer.finish()
        #expect(try folder.checkpoints.steps() == [2, 4])
        #expect(try parts.state() != before)
        for (link, hash) in [("best", before), ("latest", try parts.state())] {
            let header = try FinishedRun.restore(
                parts.network, from: [link], of: parts.run, for: "test", group: parts.context.group)
            #expect(header.step == (link == "best" ? 2 : 4))
            #expect(try parts.state() == hash)
        }
    }

    /// The state is encoded after the save returns, so the folder is renamed before, during or after
    /// the encoding.
    @Test func `a folder that is renamed right after a save gets the checkpoint`() throws {
        let parts = try TrainedParts()
        let folder = try parts.openRun()
        let recorder = parts.recorder(folder)
        let writer = try writer(parts, folder)
        let names = [parts.run, "\(parts.run)-renamed"]
        for step in 1...20 {
            try save(writer, parts, step: step, isBest: false, trace: recorder.trace)
            usleep(UInt32(step * 100))
            let (now, next) = (names[(step + 1) % 2], names[step % 2])
            try AtomicFile.rename(now, to: next)
            try writer.finish()
            #expect(!FileBytes.exists(now))
            #expect(try CheckpointStore(runFolder: next).steps().last == step)
        }
    }

    @Test func `a failed write is thrown at the next wait`() throws {
        let parts = try TrainedParts()
        let folder = try parts.openRun()
        let writer = try writer(parts, folder)
        let fault = FileFault(
            .error(ENOSPC), path: "\(parts.run)/checkpoints", from: 1, count: .max)
        FileFault.arm(fault)
        try save(writer, parts, step: 2, isBest: false, trace: parts.recorder(folder).trace)
        let error = #expect(throws: Failure.self) { try writer.finish() }
        FileFault.disarm(fault)
        #expect(error?.exitStatus == .inputOutput)
        #expect(error?.message.contains("free some space") == true)
        // It is thrown once, and the next save works.
        try writer.finish()
        try save(writer, parts, step: 3, isBest: false, trace: parts.recorder(folder).trace)
        try writer.finish()
        #expect(try folder.checkpoints.steps() == [3])
    }

    // MARK: Winner

    /// Draws and writes a winner at step 4 and saves a checkpoint.
    private func makeWinner(_ parts: TrainedParts, _ folder: RunFolder) throws -> (
        winner: Winner, leader: CoordinatorState.Leader
    ) {
        let recorder = parts.recorder(folder)
        var state = CoordinatorState()
        _ = state.consider(parts.report(step: 4, errors: [9, 7]))
        let leader = try #require(state.leader)
        let winner = Winner(
            run: parts.run, context: parts.context, data: parts.data, log: recorder.log,
            beacon: ProgressBeacon())
        try winner.write(parts.evaluator.draw(.draw(1), step: 4, reestimateBatches: 1), of: leader)
        let writer = try writer(parts, folder)
        try writer.save(
            RunState(step: 4, coordinator: state), of: parts.trainingStep,
            trace: recorder.trace, beacon: ProgressBeacon())
        try writer.finish()
        return (winner, leader)
    }

    @Test(arguments: ["sound", "missing", "cut", "of another step"])
    func `a winner file that is missing or damaged is drawn again identically`(
        damage: String
    ) throws {
        let parts = try TrainedParts()
        let folder = try parts.openRun()
        let (winner, leader) = try makeWinner(parts, folder)
        let path = "\(parts.run)/\(NetworkFile.name)"
        let bytes = try FileBytes.read(path)
        let expected = try winner.measure(leader, like: parts.network, by: parts.evaluator)
        parts.disturb()
        let state = try parts.state()
        switch damage {
        case "missing": try AtomicFile.remove(path)
        case "cut": try AtomicFile.write(Array(bytes.prefix(200)), to: path)
        case "of another step":
            let other = try parts.evaluator.draw(.draw(0), step: 2, reestimateBatches: 0)
            try AtomicFile.write(
                NetworkFile.bytes(of: other, metadata: ["step": "2", "draw": "0"]), to: path)
        default: break
        }
        let result = try winner.measure(leader, like: parts.network, by: parts.evaluator)
        #expect(result?.result == expected?.result && result?.errors == expected?.errors)
        #expect(result?.result.sampleCount == 24)
        #expect(result?.errors.errorCount == result?.result.errorCount)
        #expect(try FileBytes.read(path) == bytes)
        try folder.begin(atStep: nil)
        let log = String(decoding: try FileBytes.read("\(parts.run)/train.log"), as: UTF8.self)
        #expect(log.contains("it is drawn again") == (damage != "sound"))
        // The network in training has not changed.
        #expect(try parts.state() == state)
    }

    @Test func `a winner without its file and its checkpoints is an error`() throws {
        let parts = try TrainedParts()
        let (winner, leader) = try makeWinner(parts, parts.openRun())
        let path = "\(parts.run)/\(NetworkFile.name)"
        try AtomicFile.remove(path)
        try AtomicFile.remove("\(parts.run)/checkpoints/best")
        // The newest checkpoint records which one is the best.
        #expect(
            try winner.measure(leader, like: parts.network, by: parts.evaluator)?.result.sampleCount
                == 24)
        try AtomicFile.remove(path)
        try AtomicFile.remove("\(parts.run)/checkpoints")
        let error = #expect(throws: Failure.self) {
            try winner.measure(leader, like: parts.network, by: parts.evaluator)
        }
        #expect(error?.exitStatus == .badData)
        #expect(error?.description.hasPrefix("network: \(path): cannot be drawn again") == true)
    }

    // MARK: Recorder

    private func lines(_ parts: TrainedParts, kind: String) throws -> [[String: Any]] {
        let text = String(decoding: try FileBytes.read("\(parts.run)/metrics.jsonl"), as: UTF8.self)
        return try text.split(separator: "\n").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }.filter { $0["kind"] as? String == kind }
    }

    @Test func `a training record is the mean over the steps of its interval`() throws {
        let parts = try TrainedParts()
        let folder = try parts.openRun()
        let recorder = parts.recorder(folder)
        recorder.trace.begin()
        try recorder.begin(at: RunState(), RunStart(), data: parts.data.set, context: parts.context)
        var state = RunState()
        // Four steps make an epoch of 64 images.
        for step in 1...4 {
            state.step = step
            var status = StepStatus()
            status.loss = Double(step)
            status.errorCount = 2 * step
            status.sampleCount = 16
            var times = StageTimes()
            times.total = .milliseconds(100)
            times.data = .milliseconds(10)
            times.stepCount = 1
            times.imageCount = 16
            state.add(status, times)
            try recorder.stepIsDone(state, status, times, UpdateRates(real: 0.25))
        }
        #expect(state.coordinator.imageCount == 64)
        #expect(state.coordinator.trainingLoss == 4)
        let records = try lines(parts, kind: "training")
        #expect(records.count == 1)
        let record = try #require(records.first)
        #expect(record["step"] as? Int == 4 && record["epoch"] as? Int == 1)
        #expect(record["loss"] as? Double == 2.5)
        #expect(record["errorPercent"] as? Double == 31.25)
        #expect(record["learningRate"] as? Double == 0.25)
        #expect(abs((record["imagesPerSecond"] as? Double ?? 0) - 160) < 1e-6)
        #expect(try lines(parts, kind: "run").count == 1)
        let log = String(decoding: try FileBytes.read("\(parts.run)/train.log"), as: UTF8.self)
        #expect(log.contains("64 images, 6 steps of 16, 4 per epoch"))
        #expect(log.contains("step 4/6  epoch 1/"))
    }

    @Test func `a validation records best draw, mean and whether it leads`() throws {
        let parts = try TrainedParts()
        let recorder = parts.recorder(try parts.openRun())
        recorder.trace.begin()
        try recorder.begin(at: RunState(), RunStart(), data: parts.data.set, context: parts.context)
        try recorder.validationIsDone(
            parts.report(step: 4, errors: [8, 4]), isLeader: true, stateHash: "0123456789",
            seconds: 1.25)
        let record = try #require(try lines(parts, kind: "validation").first)
        #expect(record["best"] as? Double == 10)
        #expect(record["mean"] as? Double == 15)
        let log = String(decoding: try FileBytes.read("\(parts.run)/train.log"), as: UTF8.self)
        #expect(
            log.contains(
                "validation at step 4: best of 2 draws 10.00%, mean 15.00%, deviation 7.07, the best "
                    + "so far (batch norm over 1 batches, 1.2 s, state 01234567)"))
        #expect(try lines(parts, kind: "distributions").count == 2)
    }

    @Test(arguments: [(0.4, "0:00"), (151, "2:31"), (3_723, "1:02:03")])
    func `a duration is written as minutes and seconds or with hours`(
        seconds: Double, text: String
    ) { #expect(RunRecorder.clock(seconds) == text) }

    /// A record less than a tenth of the interval before the last one is skipped.
    @Test(arguments: [
        (50, 651, [50, 100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 651]),
        (50, 200, [50, 100, 150, 200]), (15, 33, [15, 30, 33]), (4, 10, [4, 8, 10]),
        (50, 3, [3]), (1, 3, [1, 2, 3]),
    ])
    func `records are due after every interval and at the end`(every: Int, end: Int, steps: [Int]) {
        #expect(
            (1...end).filter { RunRecorder.isDue($0, every: every, end: end) } == steps)
    }

    @Test func `every line of the log file begins with date and time`() throws {
        let parts = try TrainedParts()
        let folder = try parts.openRun()
        try folder.begin(atStep: nil)
        let log = RunLog(folder: folder, isQuiet: true)
        try log.line("hello")
        log.warning("careful")
        let text = String(decoding: try FileBytes.read("\(parts.run)/train.log"), as: UTF8.self)
        let time = #"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"#
        let pattern = try Regex("\(time) hello\\n\(time) warning: careful\\n")
        #expect(text.wholeMatch(of: pattern) != nil, "\(text)")
    }

    // MARK: Diagnosis

    @Test func `the diagnosis names the first non-finite tensor and its ranks`() {
        let conv = "3 the output of conv1".split(separator: " ", maxSplits: 1)
        let late = "9 the input gradient of conv2".split(separator: " ", maxSplits: 1)
        #expect(NonFiniteDiagnosis.origin([[], []]) == nil)
        #expect(NonFiniteDiagnosis.origin([conv]) == "first the output of conv1")
        #expect(
            NonFiniteDiagnosis.origin([conv, conv]) == "first the output of conv1 on every rank")
        #expect(NonFiniteDiagnosis.origin([late, conv]) == "first the output of conv1 on rank 1")
        #expect(
            NonFiniteDiagnosis.origin([late, conv, [], conv])
                == "first the output of conv1 on ranks 1, 3")
    }

    // MARK: Reading a run's folder

    @Test func `a run with an edited or missing recipe is refused`() throws {
        let parts = try TrainedParts()
        let folder = try parts.openRun()
        #expect(try FinishedRun(folder: folder.path, for: "report").recipe == parts.recipe)
        #expect(try FinishedRun(folder: folder.path, for: "report").result() == nil)
        let path = "\(folder.path)/recipe.yaml"
        let text = String(decoding: try FileBytes.read(path), as: UTF8.self)
        try AtomicFile.write(text.replacing("steps: 6", with: "steps: 7"), to: path)
        let error = #expect(throws: Failure.self) {
            try FinishedRun(folder: folder.path, for: "report")
        }
        #expect(error?.exitStatus == .badData)
        #expect(error?.description.hasPrefix("recipe: \(path): is damaged or was edited") == true)
        let missing = #expect(throws: Failure.self) {
            try FinishedRun(folder: parts.folder.path, for: "evaluate")
        }
        #expect(missing?.exitStatus == .inputMissing && missing?.call == "evaluate")
    }

    @Test func `the result file of another version is refused by name`() throws {
        let parts = try TrainedParts()
        let folder = try parts.openRun()
        try AtomicFile.write("{\"steps\": 3}\n", to: "\(folder.path)/result.json")
        let error = #expect(throws: Failure.self) {
            try FinishedRun(folder: folder.path, for: "report").result()
        }
        #expect(error?.subject == "\(folder.path)/result.json")
        #expect(error?.exitStatus == .badData)
    }
}
