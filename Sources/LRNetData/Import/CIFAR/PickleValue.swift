/// The value of a pickle, limited to the types that this program reads. Nothing in it is ever
/// called.
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
    /// A function or class with its arguments and the state set on the result.
    case object(Object)

    /// A list. It is a class, because the pickle can append to a memoized list.
    final class List {
        var items: [PickleValue] = []
    }

    /// A dictionary, as pairs in the order in which they were set.
    final class Dictionary {
        var pairs: [(key: PickleValue, value: PickleValue)] = []
    }

    /// An object description. The object itself is never created.
    final class Object {
        let global: String
        let arguments: PickleValue
        var state: PickleValue = .none

        init(_ global: String, _ arguments: PickleValue) {
            self.global = global
            self.arguments = arguments
        }
    }

    /// The value of a dictionary's key. If the key was set twice, this is the last value.
    subscript(key: String) -> PickleValue? {
        guard case .dictionary(let dictionary) = self else { return nil }
        return dictionary.pairs.last { $0.key.text == key }?.value
    }

    /// The bytes as UTF-8 text; `nil` for other values.
    var text: String? {
        guard case .bytes(let bytes) = self else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The integer; `nil` for other values.
    var integer: Int? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    /// The items of a list or tuple; `nil` for other values.
    var items: [PickleValue]? {
        switch self {
        case .list(let list): list.items
        case .tuple(let items): items
        default: nil
        }
    }
}
