import LRNetData

/// The bytes of pickles like those of CIFAR, which Python 2 wrote: protocol 2, strings as
/// `SHORT_BINSTRING`, and every container in the memo.
struct PickleBytes {
    var bytes: [UInt8] = [0x80, 2]
    private var memoCount = 0

    /// Returns a pickle of a dictionary. Each entry has a key and a function that writes the value.
    static func dictionary(_ entries: [(String, (inout PickleBytes) -> Void)]) -> [UInt8] {
        var pickle = PickleBytes()
        pickle.add("}")
        pickle.remember()
        pickle.add("(")
        for (key, value) in entries {
            pickle.text(key)
            value(&pickle)
        }
        pickle.add("u.")
        return pickle.bytes
    }

    mutating func add(_ opcodes: String) { bytes += Array(opcodes.utf8) }

    mutating func remember() {
        bytes += memoCount < 256 ? [0x71, UInt8(memoCount)] : [0x72] + little(memoCount, 4)
        memoCount += 1
    }

    mutating func text(_ text: String) {
        add("U")
        bytes.append(UInt8(text.utf8.count))
        add(text)
        remember()
    }

    mutating func integer(_ value: Int) {
        switch value {
        case 0..<256: bytes += [0x4B] + little(value, 1)
        case 256..<65_536: bytes += [0x4D] + little(value, 2)
        default: bytes += [0x4A] + little(value, 4)
        }
    }

    mutating func list(_ values: [Int]) {
        add("]")
        remember()
        add("(")
        for value in values { integer(value) }
        add("e")
    }

    mutating func list(_ values: [String]) {
        add("]")
        remember()
        for value in values {
            text(value)
            add("a")
        }
    }

    /// Adds a NumPy array as its `__reduce__` describes it.
    mutating func array(
        _ content: [UInt8], shape: [Int], type: String = "u1", isFortran: Bool = false
    ) {
        add("cnumpy.core.multiarray\n_reconstruct\n")
        remember()
        add("cnumpy\nndarray\n")
        remember()
        integer(0)
        bytes.append(0x85)
        remember()
        text("b")
        bytes.append(0x87)
        remember()
        add("R")
        remember()
        add("(")
        integer(1)
        for extent in shape { integer(extent) }
        bytes.append(shape.count == 2 ? 0x86 : 0x85)
        remember()
        add("cnumpy\ndtype\n")
        remember()
        text(type)
        integer(0)
        integer(1)
        bytes.append(0x87)
        remember()
        add("R")
        remember()
        add("(")
        integer(3)
        text("|")
        add("NNN")
        integer(-1)
        integer(-1)
        integer(0)
        add("tb")
        bytes.append(isFortran ? 0x88 : 0x89)
        add("T")
        bytes += little(content.count, 4)
        bytes += content
        remember()
        add("tb")
    }

    private func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
