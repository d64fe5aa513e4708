import Foundation

/// Paths and names of the system as text.
///
/// A name on the system is bytes, of any encoding. Its text holds what is UTF-8 as it is; other
/// bytes, control characters and what would merge with a slash are written `\xNN`, and so is a
/// backslash that would read as the start of that. The text stands for exactly these bytes:
/// every call of the system takes ``bytes(of:)``, and a message or a file of ours can show it.
package enum PathText {
    /// The text of a path's bytes.
    ///
    /// - Parameter keepsControls: Control characters stay, as in an argument that may not be a path.
    package static func text(
        of bytes: some Collection<UInt8>, keepsControls: Bool = false
    ) -> String {
        let bytes = Array(bytes)
        if bytes.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != backslash }) {
            return String(decoding: bytes, as: UTF8.self)
        }
        var text = ""
        var position = 0
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        while true {
            switch parser.parseScalar(from: &rest) {
            case .emptyInput: return text
            case .error(let length):
                text += escaped(bytes[position..<position + length])
                position += length
            case .valid(let encoded):
                let end = position + encoded.count
                let scalar = Unicode.UTF8.decode(encoded)
                let isPlain =
                    scalar == "\\"
                    ? !startsEscape(bytes[position...])
                    : (keepsControls || !isControl(scalar))
                        && !merges(
                            scalar, afterSlash: position == 0 || bytes[position - 1] == slash,
                            beforeSlash: end == bytes.count || bytes[end] == slash)
                if isPlain {
                    text.unicodeScalars.append(scalar)
                } else {
                    text += escaped(bytes[position..<end])
                }
                position = end
            }
        }
    }

    /// The text of a C string.
    package static func text(of name: UnsafePointer<CChar>) -> String {
        text(
            of: UnsafeBufferPointer(start: name, count: strlen(name)).map { UInt8(bitPattern: $0) })
    }

    /// The bytes that a text stands for.
    package static func bytes(of text: String) -> [UInt8] {
        let utf8 = Array(text.utf8)
        guard utf8.contains(backslash) else { return utf8 }
        var bytes: [UInt8] = []
        var position = 0
        while position < utf8.count {
            if startsEscape(utf8[position...]), let value = escape(utf8[position...]) {
                bytes.append(value)
                position += 4
            } else {
                bytes.append(utf8[position])
                position += 1
            }
        }
        return bytes
    }

    /// What a C function takes.
    package static func cString(_ text: String) -> [CChar] {
        bytes(of: text).map { CChar(bitPattern: $0) } + [0]
    }

    /// The order of names' bytes, which Swift's order of texts is not.
    package static func precedes(_ a: String, _ b: String) -> Bool {
        bytes(of: a).lexicographicallyPrecedes(bytes(of: b))
    }

    /// Whether two paths have the same bytes; Swift takes texts with composed and with separate
    /// accents for equal.
    package static func isSame(_ a: String, _ b: String) -> Bool { bytes(of: a) == bytes(of: b) }

    /// The last part of a path: `mnist` of `data/mnist/`.
    package static func lastPart(of path: String) -> String {
        let path = withoutFinalSlashes(path)
        guard path != "/", let slash = path.lastIndex(of: "/") else { return path }
        return String(path[path.index(after: slash)...])
    }

    /// The folder that holds a path: `.` for a bare name.
    package static func folder(of path: String) -> String {
        let path = withoutFinalSlashes(path)
        guard let slash = path.lastIndex(of: "/") else { return "." }
        let folder = withoutFinalSlashes(String(path[..<slash]))
        return folder.isEmpty ? "/" : folder
    }

    /// A path without the slashes at its end; the root stays.
    package static func withoutFinalSlashes(_ path: String) -> String {
        var path = path[...]
        while path.count > 1 && path.last == "/" { path.removeLast() }
        return String(path)
    }

    /// The path as a word for a shell, so that a command in a message can be pasted.
    package static func shellWord(_ path: String) -> String {
        let plain = Set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+=/:@%".utf8)
        if !path.isEmpty, path.utf8.allSatisfy(plain.contains) { return path }
        if !path.utf8.contains(backslash) {
            return "'\(path.replacing("'", with: #"'\''"#))'"
        }
        let bytes = bytes(of: path).flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "'"), backslash: [backslash, byte]
            case 0x20..<0x7F: [byte]
            default: Array(escaped([byte]).utf8)
            }
        }
        return "$'\(String(decoding: bytes, as: UTF8.self))'"
    }

    /// The path as the target of a link in a page: bytes that are no plain letters are `%NN`.
    package static func link(_ path: String) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-~/".utf8)
        return bytes(of: path).map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte))
                : "%"
                    + String(
                        decoding: [digits[Int(byte >> 4)], digits[Int(byte & 15)]], as: UTF8.self)
        }.joined()
    }

    /// The path that a path leads to, without links.
    ///
    /// - Throws: ``Failure`` that names the path.
    package static func real(_ path: String, call: String = "realpath") throws -> String {
        guard let real = realpath(cString(path), nil) else {
            throw Failure.system(call: call, subject: path, code: errno)
        }
        defer { free(real) }
        return text(of: real)
    }

    /// A path from the root, without `.` and `..`; links are left as they are.
    package static func absolute(_ path: String) -> String {
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : "\(currentFolder)/\(path)").split(separator: "/")
        {
            switch part {
            case ".": continue
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The folder that relative paths start from; `.` where the system does not say.
    package static var currentFolder: String {
        guard let folder = getcwd(nil, 0) else { return "." }
        defer { free(folder) }
        return text(of: folder)
    }

    /// This process's command line.
    package static let arguments: [String] = (0..<Int(CommandLine.argc)).compactMap { position in
        CommandLine.unsafeArgv[position].map { argument in
            text(
                of: UnsafeBufferPointer(start: argument, count: strlen(argument)).map {
                    UInt8(bitPattern: $0)
                }, keepsControls: true)
        }
    }

    private static let backslash = UInt8(ascii: "\\")
    private static let slash = UInt8(ascii: "/")
    private static let digits = Array("0123456789abcdef".utf8)

    private static func escaped(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map {
            "\\x" + String(decoding: [digits[Int($0 >> 4)], digits[Int($0 & 15)]], as: UTF8.self)
        }
        .joined()
    }

    private static func startsEscape(_ bytes: ArraySlice<UInt8>) -> Bool { escape(bytes) != nil }

    /// The value of `\xNN`; a zero byte is in no name.
    private static func escape(_ bytes: ArraySlice<UInt8>) -> UInt8? {
        let start = bytes.startIndex
        guard bytes.count >= 4, bytes[start] == backslash, bytes[start + 1] == UInt8(ascii: "x"),
            let high = digits.firstIndex(of: bytes[start + 2]),
            let low = digits.firstIndex(of: bytes[start + 3]), high + low > 0
        else { return nil }
        return UInt8(high << 4 | low)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: true
        default: false
        }
    }

    /// Swift takes a slash and a mark behind it for one letter, which is then no slash.
    private static func merges(
        _ scalar: Unicode.Scalar, afterSlash: Bool, beforeSlash: Bool
    ) -> Bool {
        guard scalar.value >= 0x80 else { return false }
        return afterSlash && "/\(scalar)".count == 1 || beforeSlash && "\(scalar)/".count == 1
    }
}
