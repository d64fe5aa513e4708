import LRNetSupport
import Testing

@Suite struct SpellingTests {
    @Test(arguments: [
        ("trian", "train"), ("ouput", "output"), ("TRAIN", "train"), ("train", "train"),
        ("xyz", nil), ("", nil),
    ])
    func `the nearest known word is found unless all are too far`(word: String, expected: String?) {
        #expect(Spelling.nearest(word, among: ["train", "output", "evaluate"]) == expected)
    }

    @Test func `no word is nearest if there are none`() {
        #expect(Spelling.nearest("a", among: []) == nil)
    }

    @Test func `the distance counts edits, and a swap is one`() {
        #expect(Spelling.distance("trian", "train") == 1)
        #expect(Spelling.distance("kitten", "sitting") == 3)
        #expect(Spelling.distance("", "abc") == 3 && Spelling.distance("abc", "") == 3)
    }
}
