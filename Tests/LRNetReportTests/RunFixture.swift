import Foundation
import LRNetLaunchSupport
import LRNetReport
import LRNetSupport
import LRNetTraining

/// The folder of a run that never took place. It has the trainer's files, with numbers that a test
/// chooses.
struct RunFixture {
    var method = "ternary"
    var data = "digits"
    var fingerprint = String(repeating: "a", count: 64)
    /// The numbers of wrong validation images, of 600, and wrong test images, of 2,000.
    var wrong = 3
    var testWrong = 25
    var epochs = 16
    var seed = 1
    /// Further keys, which newer runs have, such as `,"seconds":5400,"winnerBytes":1234567`.
    var moreResults = ""
    var hasWinner = true

    private static let stepsPerEpoch = 10

    func write(to folder: String) throws {
        try AtomicFile.createFolder(folder)
        let overrides = [
            "weights=\(method)", "training.epochs=\(epochs)", "training.seed=\(seed)",
        ]
        let recipe = try Recipe(yaml: "network: mnist", file: "recipe", overrides: overrides)
        try AtomicFile.write(Recipe.sealed(recipe.yaml), to: "\(folder)/recipe.yaml")
        try AtomicFile.write(metrics, to: "\(folder)/metrics.jsonl")
        try AtomicFile.write(result, to: "\(folder)/result.json")
        try AtomicFile.write(Self.environment, to: "\(folder)/environment.json")
        try AtomicFile.write(
            "\(method) mnist: 9 weights, 2 ranks of 1 thread, sets/\(data): 1,280 images, 160 steps "
                + "of 128, 10 per epoch\n", to: "\(folder)/train.log")
        if hasWinner { try AtomicFile.write(winner.bytes(), to: "\(folder)/winner.safetensors") }
    }

    private var error: Double { 100 * Double(wrong) / 600 }

    private var metrics: String {
        var lines = [
            #"{"kind":"run","schemaVersion":2,"step":0,"stepsPerEpoch":10,"totalSteps":160,"#
                + #""trainingImages":1280}"#
        ]
        for epoch in 1...epochs {
            lines.append(
                #"{"kind":"training","step":\#(10 * epoch),"epoch":\#(epoch),"#
                    + #""loss":\#(2 / Double(epoch)),"errorPercent":5,"learningRate":0.01,"#
                    + #""imagesPerSecond":128,"dataSeconds":1,"computeSeconds":8,"#
                    + #""communicationSeconds":1}"#)
        }
        let counts = Array(repeating: 60, count: 10)
        lines.append(
            #"{"kind":"validation","step":\#(10 * epochs),"epoch":\#(epochs),"draws":[\#(error)],"#
                + #""best":\#(error),"mean":\#(error),"deviation":0,"stateSHA256":"","seconds":20,"#
                + #""classErrors":[\#(wrong),0,0,0,0,0,0,0,0,0],"classCounts":\#(counts)}"#)
        return lines.joined(separator: "\n") + "\n"
    }

    private var result: String {
        """
        {"steps":\(10 * epochs),"resumedFromStep":0,"trainingLoss":0.1,"validationError":\(error),\
        "testError":\(100 * Double(testWrong) / 2000),"testClassErrors":[\(testWrong)],\
        "draws":[\(error)],"winnerStep":\(10 * epochs),"winnerDraw":0,"parametersSHA256":"",\
        "stateSHA256":"","imagesPerSecond":1280,"ranks":2,"threads":1,"weights":"\(method)"\
        \(moreResults)}
        """
    }

    private static let environment = """
        {"startedAt":"2026-11-28T21:07:15Z","ranks":2,"threads":1,"variables":{},
        "versions":{"lrnetDist":"0.1.0","swift":"Swift 6.3, release build",
        "openBLAS":"OpenBLAS 0.3.21 DYNAMIC_ARCH","hdf5":"1.10.8","mpi":"Open MPI v4.1.4, package"},
        "placement":[{"rank":0,"host":"node7","blasCore":"SkylakeX","cores":[0],
        "mpiThreadLevel":"funneled",
        "processor":{"model":"Xeon","coreCount":2,"vectorExtensions":["avx2"]}}]}
        """

    private var winner: SafeTensors {
        var file = SafeTensors()
        file.metadata = ["format": "lrnet-dist network 1", "data": fingerprint]
        let isReal = method == "full-precision"
        file.add(
            "conv1.weight", type: isReal ? .float32 : .int8, shape: [5, 5, 1, 32],
            values: (0..<800).map { Float($0 % 3 - 1) })
        file.add(
            "output.weight", type: .float32, shape: [1, 1, 20, 10],
            values: Array(repeating: 0.5, count: 200))
        return file
    }

    /// Returns a report on runs in folders of these names.
    static func report(_ runs: [(name: String, run: RunFixture)]) throws -> Report {
        let folder = try TestFolder()
        for (name, run) in runs { try run.write(to: "\(folder.path)/\(name)") }
        return try Report(
            options: Report.Options(
                runs: runs.map { "\(folder.path)/\($0.name)" },
                output: "\(folder.path)/report.html"))
    }
}
