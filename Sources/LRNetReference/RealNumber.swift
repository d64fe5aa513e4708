public import Foundation

/// Float or Double, with the elementary functions of the twins' formulas.
public protocol RealNumber: BinaryFloatingPoint, Sendable {
    /// `e^x`.
    static func exp(_ x: Self) -> Self
    /// The natural logarithm.
    static func log(_ x: Self) -> Self
    /// The sine.
    static func sin(_ x: Self) -> Self
    /// The cosine.
    static func cos(_ x: Self) -> Self
    /// The hyperbolic tangent.
    static func tanh(_ x: Self) -> Self
    /// `1 - erf(x)`.
    static func erfc(_ x: Self) -> Self
}

extension Float: RealNumber {
    /// `e^x`.
    @inlinable public static func exp(_ x: Float) -> Float { Foundation.exp(x) }
    /// The natural logarithm.
    @inlinable public static func log(_ x: Float) -> Float { Foundation.log(x) }
    /// The sine.
    @inlinable public static func sin(_ x: Float) -> Float { Foundation.sin(x) }
    /// The cosine.
    @inlinable public static func cos(_ x: Float) -> Float { Foundation.cos(x) }
    /// The hyperbolic tangent.
    @inlinable public static func tanh(_ x: Float) -> Float { Foundation.tanh(x) }
    /// `1 - erf(x)`.
    @inlinable public static func erfc(_ x: Float) -> Float { Foundation.erfc(x) }
}

extension Double: RealNumber {
    /// `e^x`.
    @inlinable public static func exp(_ x: Double) -> Double { Foundation.exp(x) }
    /// The natural logarithm.
    @inlinable public static func log(_ x: Double) -> Double { Foundation.log(x) }
    /// The sine.
    @inlinable public static func sin(_ x: Double) -> Double { Foundation.sin(x) }
    /// The cosine.
    @inlinable public static func cos(_ x: Double) -> Double { Foundation.cos(x) }
    /// The hyperbolic tangent.
    @inlinable public static func tanh(_ x: Double) -> Double { Foundation.tanh(x) }
    /// `1 - erf(x)`.
    @inlinable public static func erfc(_ x: Double) -> Double { Foundation.erfc(x) }
}
