import LRNetSupport
import Testing

@Suite struct ForeignContentTests {
    private static let padding = [UInt8](repeating: 0, count: 20)

    static let cases: [([UInt8], String)] = [
        ([], "is an empty file; get it again"),
        (
            Array("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n".utf8),
            "is a Git LFS pointer, not the file itself; run git lfs pull in its repository"
        ),
        (
            Array("\n <!DOCTYPE html><html>".utf8),
            "is an HTML page instead of the expected file; download the file itself"
        ),
        (
            [0xEF, 0xBB, 0xBF] + Array("<HTML>".utf8),
            "is an HTML page instead of the expected file; download the file itself"
        ),
        (
            Array("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>".utf8),
            "is an XML document instead of the expected file; download the file itself"
        ),
        ([0xFF, 0xFE, 0x61, 0], "is UTF-16 text; save it as UTF-8"),
        ([0xFE, 0xFF, 0, 0x61], "is UTF-16 text; save it as UTF-8"),
        ("network: x".utf8.flatMap { [$0, 0] }, "is UTF-16 text; save it as UTF-8"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0] + padding, "is xz-compressed; unpack it first (xz -d)"),
        ([0x50, 0x4B, 3, 4] + padding, "is a zip archive; unpack it first (unzip)"),
        (
            Array("{\"message\": \"no\"}".utf8),
            "is text that begins '{\"message\": \"no\"}'; get the file again"
        ),
    ]

    @Test(arguments: cases)
    func `content of another kind is named with a remedy`(bytes: [UInt8], message: String) {
        #expect(ForeignContent(bytes)?.message == message)
    }

    @Test func `unknown binary data and plain text are not foreign content`() {
        #expect(ForeignContent(Self.padding) == nil)
        #expect(ForeignContent([0, 0, 8, 3, 0, 0, 0xEA, 0x60]) == nil)
        #expect(ForeignContent(inPlaceOfText: Array("network: mnist".utf8)) == nil)
        #expect(ForeignContent.standIn([0x50, 0x4B, 3, 4]) == nil)
        #expect(Array(ForeignContent.withoutMark([0xEF, 0xBB, 0xBF, 0x61])) == [0x61])
    }
}
