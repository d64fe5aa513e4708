import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import Testing

@Suite struct SyntheticTexturesTests {
    static let shape = ImageShape(height: 11, width: 17, channels: 3)

    @Test func `textures depend only on seed, split and position`() throws {
        let textures = SyntheticTextures(seed: testSeed, shape: Self.shape, classes: 7)
        let whole = textures.images(.train, 0..<80)
        #expect(whole.count == 80 && Set(whole.labels) == Set(0..<7))
        let parts = [textures.images(.train, 0..<33), textures.images(.train, 33..<80)]
        #expect(parts.flatMap(\.pixels) == whole.pixels)
        #expect(parts.flatMap(\.labels) == whole.labels)
        #expect(textures.images(.test, 0..<80).pixels != whole.pixels)
        let other = SyntheticTextures(seed: 1, shape: Self.shape, classes: 7)
        #expect(other.images(.train, 0..<80).pixels != whole.pixels)
        #expect(textures.images(.train, 5..<5).count == 0)
    }

    @Test func `lrnet-data writes a set of textures and rejects bad options`() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/t"
        let outcome = try launch(
            Launch.program("lrnet-data"),
            [
                "synthesize", "textures", "--output", path, "--size", "9", "--classes", "3",
                "--train", "40", "--validation", "0", "--test", "5",
            ])
        try #require(outcome.code == 0, "\(outcome.error)")
        let set = try ShardSet(directory: path)
        #expect(set.shape == ImageShape(height: 9, width: 9, channels: 3) && set.classes == 3)
        #expect(set.count(.train) == 40 && set.count(.validation) == 0 && set.count(.test) == 5)
        for bad in [["--size", "0"], ["--classes", "1"], ["--train", "-1"]] {
            let refused = try launch(
                Launch.program("lrnet-data"),
                ["synthesize", "textures", "--output", "\(path)2"] + bad)
            #expect(refused.code == 64)
        }
    }
}
