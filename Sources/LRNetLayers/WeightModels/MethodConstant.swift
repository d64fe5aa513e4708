package import LRNetSupport

/// A constant of a training method, which is a number or a word: a key in the section `weights` of
/// recipes.
package struct MethodConstant: Sendable, Hashable {
    /// The values that the constant may have.
    package enum Form: Sendable, Hashable {
        case number(NumberBounds)
        case whole(ClosedRange<Int>)
        case word([String])
    }

    package enum Value: Sendable, Hashable {
        case number(Double)
        case whole(Int)
        case word(String)
    }

    /// The name of the key.
    package let name: String

    package let form: Form

    /// The default value, which is that of the publication.
    package let usual: Value

    /// The meaning, in one sentence.
    package let about: String

    static func number(
        _ name: String, _ bounds: NumberBounds, usual: Double, about: String
    ) -> MethodConstant {
        MethodConstant(name: name, form: .number(bounds), usual: .number(usual), about: about)
    }

    static func whole(
        _ name: String, _ range: ClosedRange<Int>, usual: Int, about: String
    ) -> MethodConstant {
        MethodConstant(name: name, form: .whole(range), usual: .whole(usual), about: about)
    }

    static func word<Choice: CaseIterable & RawRepresentable<String>>(
        _ name: String, usual: Choice, about: String
    ) -> MethodConstant {
        MethodConstant(
            name: name, form: .word(Choice.allCases.map(\.rawValue)), usual: .word(usual.rawValue),
            about: about)
    }
}

extension MethodConstant.Value: CustomStringConvertible {
    package var description: String {
        switch self {
        case .number(let value): "\(value)"
        case .whole(let value): "\(value)"
        case .word(let value): value
        }
    }
}
