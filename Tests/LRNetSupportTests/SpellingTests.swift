import LRNetSupport
import Testing

@Suite struct SpellingTests {
    @Test(arguments: [
        ("trian", "train"), ("ouput", "output"), ("TRAIN", "train"), ("train", "train"),
        ("xyz", nil), ("", nil),
    ])
    func nearest(word: String, expected: String?) {
        #expect(Spelling.nearest(word, among: ["train", "output", "evaluate"]) == expected)
    }

    @Test func nothingIsNearestAmongNone() {
        #expect(Spelling.nearest("a", among: []) == nil)
    }

    @Test func distances() {
        #expect(Spelling.distance("trian", "train") == 1)
        #expect(Spelling.distance("kitten", "sitting") == 3)
        #expect(Spelling.distance("", "abc") == 3 && Spelling.distance("abc", "") == 3)
    }
}
