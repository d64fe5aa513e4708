internal import Foundation
import LRNetSupport

/// The choice of an MPI library.
///
/// A process must use the library that belongs to its launcher. Otherwise each process is alone: MPI
/// reports one rank.
package struct MPIChoice: Sendable {
    /// The environment variable that overrides the choice: a family or the path of a library.
    package static let variable = "LRNET_MPI"

    /// Names or paths of libraries, in the order in which they are tried.
    package let names: [String]

    /// The families in the order in which they are tried; empty for a path.
    private let families: [MPIFamily]

    /// - Parameters:
    ///   - setting: The value of ``variable``.
    ///   - families: The families that can belong to the launcher.
    /// - Throws: `Failure` (64) if the setting is neither a family nor a path.
    package init(setting: String?, families: [MPIFamily]) throws {
        switch setting {
        case nil, "":
            self.families = families
        case let setting? where setting.contains("/") || setting.contains(".so"):
            (self.families, names) = ([], [setting])
            return
        case let setting?:
            guard let family = MPIFamily(rawValue: setting) else {
                let known = MPIFamily.allCases.map(\.rawValue).joined(separator: ", ")
                throw FailureSite(Self.variable, "'\(setting)'").usage(
                    "must be one of \(known), or the path of a library")
            }
            self.families = [family]
        }
        names = self.families.flatMap(\.libraryNames)
    }

    /// Loads the first library that is installed.
    ///
    /// - Throws: `Failure` (66) if none can be loaded.
    package func load() throws -> MPILibrary {
        var reasons: [String] = []
        for name in names {
            do {
                return try MPILibrary(name)
            } catch let error as DynamicLibrary.LoadError {
                reasons.append(error.message)
            }
        }
        // A library that is there, but cannot be loaded, says more than one that is not.
        let reason = reasons.first { !$0.contains("No such file") } ?? reasons.first
        let package = families.first.map { "install it (Debian: \($0.debianPackage)), or " } ?? ""
        throw FailureSite("dlopen", names.joined(separator: ", ")).inputMissing(
            "\(reason ?? "no library"); \(package)set \(Self.variable) to the path of the "
                + "launcher's MPI library")
    }

    /// Returns the version of each family's library that is installed, for a report.
    package static func installedVersions() -> [String] {
        MPIFamily.allCases.compactMap { family in
            for name in family.libraryNames {
                if let library = try? MPILibrary(name, isForReport: true) { return library.version }
            }
            return nil
        }
    }
}
