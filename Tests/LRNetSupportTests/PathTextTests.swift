import Foundation
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct PathTextTests {
    /// Bytes and the text that represents them.
    static let cases: [([UInt8], String)] = [
        (Array("data/mnist".utf8), "data/mnist"),
        (Array("caf\u{E9} 猫 🐶".utf8), "caf\u{E9} 猫 🐶"),
        (Array("cafe\u{301}".utf8), "cafe\u{301}"),
        ([0x63, 0x61, 0x66, 0xE9], #"caf\xe9"#),
        ([0xFF, 0x2F, 0xE2, 0x82, 0x2F, 0x61], #"\xff/\xe2\x82/a"#),
        (Array(#"a\b\xzz"#.utf8), #"a\b\xzz"#),
        // Text that looks like an escape is escaped.
        (Array(#"caf\xe9"#.utf8), #"caf\x5cxe9"#),
        (Array("a\nb\u{1B}\u{85}\u{2028}".utf8), #"a\x0ab\x1b\xc2\x85\xe2\x80\xa8"#),
        // An accent merges with the slash before it, a prefix sign with the slash after it.
        (Array("a/\u{301}b".utf8), #"a/\xcc\x81b"#),
        (Array("a\u{600}/b".utf8), #"a\xd8\x80/b"#),
    ]

    @Test(arguments: cases)
    func `bytes and their text convert into each other`(bytes: [UInt8], text: String) {
        #expect(Array(PathText.text(of: bytes).utf8) == Array(text.utf8))
        #expect(PathText.bytes(of: text) == bytes)
        #expect(PathText.cString(text) == bytes.map { CChar(bitPattern: $0) } + [0])
    }

    /// All pairs of bytes, alone and between letters and slashes.
    @Test func `any two bytes survive conversion to text and back`() {
        for first in UInt8(1)...255 {
            for second in UInt8(1)...255 {
                for bytes in [[first, second], [0x61, first, 0x2F, second, 0x62]] {
                    let text = PathText.text(of: bytes)
                    #expect(PathText.bytes(of: text) == bytes)
                    let slashes = bytes.count { $0 == 0x2F }
                    #expect(text.count { $0 == "/" } == slashes)
                    #expect(text.allSatisfy { !$0.isNewline })
                }
            }
        }
    }

    @Test func `order and equality of paths are those of their bytes`() {
        // Composed, U+00E9 sorts after z; decomposed, it begins with e. Swift treats both as equal.
        #expect(PathText.precedes("cafe\u{301}", "cafz"))
        #expect(PathText.precedes("cafz", "caf\u{E9}"))
        #expect(PathText.precedes("caf\u{E9}", #"caf\xe9"#))
        #expect(!PathText.isSame("caf\u{E9}", "cafe\u{301}"))
        #expect(ByteName("caf\u{E9}") != ByteName("cafe\u{301}"))
        #expect(Set([ByteName("caf\u{E9}"), ByteName("cafe\u{301}")]).count == 2)
    }

    /// A command in a message can be pasted, and a link on a page can be followed.
    @Test(arguments: [
        ("runs/a-1", "runs/a-1", "runs/a-1"), ("my runs", "'my runs'", "my%20runs"),
        ("it's", #"'it'\''s'"#, "it%27s"), ("caf\u{E9}", "'caf\u{E9}'", "caf%c3%a9"),
        (#"caf\xe9"#, #"$'caf\xe9'"#, "caf%e9"), (#"\x5cxe9"#, #"$'\\xe9'"#, "%5cxe9"),
        (#"a\b"#, #"$'a\\b'"#, "a%5cb"), ("", "''", ""),
    ])
    func `any path is quoted for the shell and encoded for links`(
        path: String, word: String, link: String
    ) throws {
        #expect(PathText.shellWord(path) == word)
        #expect(PathText.link(path) == link)
        let said = try launch("/bin/bash", ["-c", "printf %s \(word) | od -An -v -tu1"])
        let bytes = said.output.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0) }
        #expect(bytes == PathText.bytes(of: path))
    }

    @Test func `paths are split into folder and last part and made absolute`() {
        for (path, last, folder) in [
            ("data/mnist/", "mnist", "data"), ("mnist", "mnist", "."), ("/", "/", "/"),
            ("/a", "a", "/"), ("a//b", "b", "a"), (#"\xe9/\xe8"#, #"\xe8"#, #"\xe9"#),
        ] {
            #expect(PathText.lastPart(of: path) == last)
            #expect(PathText.folder(of: path) == folder)
        }
        #expect(PathText.absolute("/a/./b/../c/") == "/a/c")
    }

    @Test func `files with any name can be written, read, listed and removed`() throws {
        let folder = try TestFolder()
        let names = [
            "a", "cafe\u{301}", "caf\u{E9}", #"caf\xe8"#, #"caf\xe9"#, #"caf\x5cxe9"#,
            #"new\x0aline"#,
            #"\xcc\x81"#,
        ]
        for name in names {
            let path = "\(folder.path)/\(name)"
            try AtomicFile.createFolder(path)
            try AtomicFile.write(name, to: "\(path)/\(name)")
            #expect(try FileBytes.read("\(path)/\(name)") == Array(name.utf8))
            #expect(FileBytes.isFolder(path) && FileBytes.exists("\(path)/\(name)"))
            #expect(symlink(PathText.cString(name), PathText.cString("\(path)/link")) == 0)
            #expect(FileBytes.linkTarget("\(path)/link").map { PathText.isSame($0, name) } == true)
            #expect(
                try FileBytes.names(inFolder: path).contains { PathText.isSame($0, name) })
            #expect(try PathText.real("\(path)/.").hasSuffix(name))
        }
        let listed = try FileBytes.names(inFolder: folder.path)
        let sorted = names.sorted(by: PathText.precedes)
        #expect(listed.map(PathText.bytes) == sorted.map(PathText.bytes))
        for name in names { try AtomicFile.remove("\(folder.path)/\(name)") }
        #expect(try FileBytes.names(inFolder: folder.path).isEmpty)
    }
}
