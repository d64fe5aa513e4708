/// The values of the constants of methods, with defaults for those that are not set.
package struct MethodConstants: Sendable, Equatable {
    private var values: [MethodConstant: MethodConstant.Value] = [:]

    package init() {}

    private subscript(constant: MethodConstant) -> MethodConstant.Value {
        get { values[constant] ?? constant.usual }
        set { values[constant] = newValue == constant.usual ? nil : newValue }
    }

    package subscript(number constant: MethodConstant) -> Double {
        get {
            guard case .number(let value) = self[constant] else { Self.trap(constant, "number") }
            return value
        }
        set { self[constant] = .number(newValue) }
    }

    package subscript(whole constant: MethodConstant) -> Int {
        get {
            guard case .whole(let value) = self[constant] else {
                Self.trap(constant, "whole number")
            }
            return value
        }
        set { self[constant] = .whole(newValue) }
    }

    package subscript(word constant: MethodConstant) -> String {
        get {
            guard case .word(let value) = self[constant] else { Self.trap(constant, "word") }
            return value
        }
        set { self[constant] = .word(newValue) }
    }

    private static func trap(_ constant: MethodConstant, _ form: String) -> Never {
        preconditionFailure("\(constant.name) is not a \(form)")
    }
}
