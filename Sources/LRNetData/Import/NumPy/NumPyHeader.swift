import Foundation
import LRNetSupport

/// The dictionary at the start of a NumPy array.
///
///     {'descr': '|u1', 'fortran_order': False, 'shape': (60000, 28, 28), }
///
/// Only this form, which NumPy writes, is supported. Nothing is evaluated.
struct NumPyHeader {
    /// `descr`. A type with several fields is represented by the text of its list.
    var type = ""

    /// `fortran_order`.
    var isFortran = false

    var shape: [Int] = []

    /// Reads a header.
    ///
    /// - Throws: ``Failure`` (65) if the header has another form.
    init(_ text: String, subject: String) throws {
        let site = FailureSite("NumPy", subject, remedy: "save it again")
        func value(_ key: String) throws -> Substring {
            guard let found = text.range(of: "'\(key)':") else {
                throw site.badData("has a header without '\(key)'")
            }
            return text[found.upperBound...].drop { $0 == " " }
        }
        let descr = try value("descr")
        if descr.hasPrefix("'") {
            type = String(descr.dropFirst().prefix { $0 != "'" })
        } else {
            type = String(descr.prefix { $0 != "]" }) + "]"
        }
        let order = try value("fortran_order")
        guard order.hasPrefix("True") || order.hasPrefix("False") else {
            throw site.badData("has a header with fortran_order \(order.prefix(8))")
        }
        isFortran = order.hasPrefix("True")
        let extents = try value("shape")
        guard extents.hasPrefix("("), let end = extents.firstIndex(of: ")") else {
            throw site.badData("has a header with shape \(extents.prefix(12))")
        }
        for part in extents[extents.index(after: extents.startIndex)..<end].split(separator: ",") {
            let digits = part.filter { $0 != " " }
            if digits.isEmpty { continue }
            guard let extent = Int(digits), extent >= 0 else {
                throw site.badData("has a header with extent \(digits)")
            }
            shape.append(extent)
        }
    }
}
