/// What a pickle describes, as far as we read it; nothing in it is ever called.
indirect enum PickleValue {
    case none
    case boolean(Bool)
    case integer(Int)
    /// Python 2's `str`, `bytes` or UTF-8 text.
    case bytes(ArraySlice<UInt8>)
    case tuple([PickleValue])
    case list(List)
    case dictionary(Dictionary)
    /// The name of a function or class: `numpy dtype`.
    case global(String)
    /// A function or class applied to arguments, and the state given to the result.
    case object(Object)

    /// A list, which grows after it has been remembered.
    final class List {
        var items: [PickleValue] = []
    }

    /// A dictionary, as pairs in the order in which they were set.
    final class Dictionary {
        var pairs: [(key: PickleValue, value: PickleValue)] = []
    }

    /// An object that was never made.
    final class Object {
        let global: String
        let arguments: PickleValue
        var state: PickleValue = .none

        init(_ global: String, _ arguments: PickleValue) {
            self.global = global
            self.arguments = arguments
        }
    }

    /// The value of a key of a dictionary; the last one if it was set twice.
    subscript(key: String) -> PickleValue? {
        guard case .dictionary(let dictionary) = self else { return nil }
        return dictionary.pairs.last { $0.key.text == key }?.value
    }

    /// The text of bytes.
    var text: String? {
        guard case .bytes(let bytes) = self else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The value of an integer.
    var integer: Int? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    /// The items of a list or tuple.
    var items: [PickleValue]? {
        switch self {
        case .list(let list): list.items
        case .tuple(let items): items
        default: nil
        }
    }
}
