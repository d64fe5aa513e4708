import LRNetDeployment
import LRNetSupport
import Testing

/// The prefix of an export's names in C.
@Suite struct CNamesTests {
    @Test(arguments: ["net", "a", "Digits_2", "twenty_letters_here_"])
    func `identifiers that start with a letter are prefixes`(prefix: String) throws {
        let files = try CNames(prefix: prefix).files
        #expect(files == ["\(prefix).h", "\(prefix).c", "test.c", "vectors.h"])
    }

    @Test(
        arguments: [
            "", "2nd", "_net", "my-net", "a b", "n\u{e4}t", "a/b", "twenty_one_characters",
        ])
    func `other prefixes are rejected`(prefix: String) {
        let error = #expect(throws: Failure.self) { try CNames(prefix: prefix) }
        #expect(error?.exitStatus == .usage)
        #expect(
            error?.description
                == "--prefix: \(prefix.isEmpty ? "''" : prefix): is not a C identifier; use up to "
                + "20 letters, digits and underscores that start with a letter")
    }

    @Test(arguments: ["test", "vectors", "Test"])
    func `a prefix that names another file of the export is rejected`(prefix: String) {
        let error = #expect(throws: Failure.self) { try CNames(prefix: prefix) }
        #expect(error?.exitStatus == .usage)
        #expect(error?.message == "is the name of another file of the export; use another name")
    }
}
