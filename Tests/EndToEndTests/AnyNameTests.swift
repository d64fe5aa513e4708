import Foundation
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// Every path of a session contains bytes that are not UTF-8. No file is lost or written elsewhere.
@Suite struct AnyNameTests {
    private static let recipe = """
        network: {layers: [4C3, MP2, 16FC], input: 28x28x1, classes: 10}
        weights: full-precision
        training: {epochs: 2, globalBatch: 32, gradientLeaves: 4, microBatch: 8, seed: 1}
        validation: {everyEpochs: 1, draws: 1, reestimateBatches: 0}
        checkpoint: {everySteps: 4, keepLatest: 3}
        """

    private func names(_ path: String) throws -> [String] { try FileBytes.names(inFolder: path) }

    @Test func `a whole session accepts paths that are not UTF-8`() throws {
        let folder = try TestFolder()
        let place = #"\#(folder.path)/w\xe9"#
        try AtomicFile.createFolder(place)
        try AtomicFile.write(Self.recipe, to: #"\#(place)/r\xe9.yaml"#)
        let programs = PathText.folder(of: try Launch.program("lrnet-dist"))
        // A shell passes the bytes on, because the tests' launcher accepts only text.
        func run(_ command: String) throws -> Launch.Outcome {
            let outcome = try Launch(
                "/bin/bash",
                [
                    "-c",
                    #"cd \#(PathText.shellWord(place)) && PATH=\#(programs):$PATH; \#(command)"#,
                ]
            ).wait()
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
            return outcome
        }
        _ = try run(
            #"lrnet-data synthesize digits --output $'d\xe9' --train 256 --validation 64 --test 64"#
        )
        let train = #"lrnet-dist train $'r\xe9.yaml' --data $'d\xe9' --output $'runs\xe9/a'"#
        _ = try run(train + " --set training.steps=8")
        let resumed = try run(train)
        #expect(resumed.output.contains("resuming from step 8"), "\(resumed.output)")
        #expect(
            resumed.output.hasSuffix(
                #"next: lrnet-dist report $'runs\xe9/a' --output $'runs\xe9/a/report.html'"# + "\n")
        )
        _ = try run(
            #"lrnet-dist train $'r\xe9.yaml' --data $'d\xe9' --output $'runs\xe9/t' --set weights=ternary "#
                + #"--set initialization.from=$'runs\xe9/a' --set training.steps=4"#)
        _ = try run(#"lrnet-dist evaluate $'runs\xe9/a' --data $'d\xe9'"#)
        _ = try run(
            #"lrnet-dist export $'runs\xe9/t' --format packed --output $'p\xe9.safetensors'"#)
        _ = try run(#"lrnet-dist report $'runs\xe9/a' --output $'p\xe9.html'"#)
        _ = try run(#"lrnet-data sample $'d\xe9' --output $'s\xe9.png'"#)
        _ = try run(
            #"mkdir $'q\xe9' && cp $'s\xe9.png' $'q\xe9/x\xe8.png' && touch $'q\xe9/y\xe8'"#)
        let predicted = try run(
            #"lrnet-dist predict $'p\xe9.safetensors' $'q\xe9' --resize --scores $'s\xe9.npy'"#)
        #expect(predicted.output.contains(#"q\xe9/x\xe8.png"#))
        #expect(
            predicted.errors.contains(
                #"skipped 1 of 2 entries (hidden, not a regular file, or without the"#))
        #expect(
            try names(place) == [
                #"d\xe9"#, #"p\xe9-figures"#, #"p\xe9.html"#, #"p\xe9.safetensors"#, #"q\xe9"#,
                #"runs\xe9"#, #"r\xe9.yaml"#, #"s\xe9.npy"#, #"s\xe9.png"#,
            ])
        #expect(try names(#"\#(place)/runs\xe9"#) == ["a", "t"])
        #expect(try names(folder.path) == [#"w\xe9"#])
        let page = String(
            decoding: try FileBytes.read(#"\#(place)/p\xe9.html"#), as: UTF8.self)
        #expect(page.contains(#"href="p%e9-figures/curves.svg""#))
    }
}
