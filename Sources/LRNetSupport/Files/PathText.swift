import Foundation

/// The text form of file system paths and names.
///
/// A name on the system is a sequence of bytes in any encoding. Its text contains valid UTF-8
/// unchanged. It contains `\xNN` for other bytes, control characters, and characters that would
/// merge with a slash. A backslash that would start such an escape is also escaped. The text
/// represents exactly these bytes: every system call receives ``bytes(of:)``, and messages and
/// files of this package contain the text.
package enum PathText {
    /// Returns the text of a path's bytes.
    ///
    /// - Parameter keepsControls: True keeps control characters, for an argument that may be
    ///   something other than a path.
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

    /// Returns the text of a C string.
    package static func text(of name: UnsafePointer<CChar>) -> String {
        text(
            of: UnsafeBufferPointer(start: name, count: strlen(name)).map { UInt8(bitPattern: $0) })
    }

    /// Returns the bytes that a text represents.
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

    /// Returns the bytes that a text represents, with a final 0 for C functions.
    package static func cString(_ text: String) -> [CChar] {
        bytes(of: text).map { CChar(bitPattern: $0) } + [0]
    }

    /// Returns true if `a` precedes `b` in byte order, which differs from the order of Swift
    /// strings.
    package static func precedes(_ a: String, _ b: String) -> Bool {
        bytes(of: a).lexicographicallyPrecedes(bytes(of: b))
    }

    /// Returns true if two paths have the same bytes. Swift strings with composed and with
    /// combining accents are equal, although their bytes differ.
    package static func isSame(_ a: String, _ b: String) -> Bool { bytes(of: a) == bytes(of: b) }

    /// Returns the last part of a path, such as `mnist` of `data/mnist/`.
    package static func lastPart(of path: String) -> String {
        let path = withoutFinalSlashes(path)
        guard path != "/", let slash = path.lastIndex(of: "/") else { return path }
        return String(path[path.index(after: slash)...])
    }

    /// Returns the folder that contains a path, or `.` for a bare name.
    package static func folder(of path: String) -> String {
        let path = withoutFinalSlashes(path)
        guard let slash = path.lastIndex(of: "/") else { return "." }
        let folder = withoutFinalSlashes(String(path[..<slash]))
        return folder.isEmpty ? "/" : folder
    }

    /// Returns a path without the slashes at its end. The root is returned unchanged.
    package static func withoutFinalSlashes(_ path: String) -> String {
        var path = path[...]
        while path.count > 1 && path.last == "/" { path.removeLast() }
        return String(path)
    }

    /// Returns the path as a shell word, so that a command in a message can be pasted.
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

    /// Returns the path as the target of an HTML link, with special bytes as `%NN`.
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

    /// Returns the path with all links resolved.
    ///
    /// - Throws: ``Failure``, naming the path.
    package static func real(_ path: String, call: String = "realpath") throws -> String {
        guard let real = realpath(cString(path), nil) else {
            throw Failure.system(call: call, subject: path, code: errno)
        }
        defer { free(real) }
        return text(of: real)
    }

    /// Returns an absolute path without `.` and `..`. Links are not resolved.
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

    /// The folder that relative paths start from; `.` if the system does not report it.
    package static var currentFolder: String {
        guard let folder = getcwd(nil, 0) else { return "." }
        defer { free(folder) }
        return text(of: folder)
    }

    /// This process's command line, including the program's name.
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

    /// Returns the value of `\xNN`, or `nil` for other bytes and for `\x00`, which no name
    /// contains.
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

    /// Returns true if Swift combines the scalar and an adjacent slash into one character, which is
    /// then not equal to a slash.
    private static func merges(
        _ scalar: Unicode.Scalar, afterSlash: Bool, beforeSlash: Bool
    ) -> Bool {
        guard scalar.value >= 0x80 else { return false }
        return afterSlash && "/\(scalar)".count == 1 || beforeSlash && "\(scalar)/".count == 1
    }
}
