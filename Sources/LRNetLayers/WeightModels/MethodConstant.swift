package import LRNetSupport

/// A number or word of a training method: a key of the section `weights` in recipes.
package struct MethodConstant: Sendable, Hashable {
    /// The values that it may have.
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

    /// The key's name.
    package let name: String

    package let form: Form

    /// The value where a recipe does not say one: the publication's.
    package let usual: Value

    /// The meaning, in a sentence.
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
