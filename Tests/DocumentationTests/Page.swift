import Foundation
import LRNetLaunchSupport
import Testing

/// A Markdown file of the repository.
struct Page: CustomTestStringConvertible, Sendable {
    /// Relative to the repository's root.
    let path: String
    let text: String

    var testDescription: String { path }

    /// The folder of the file, relative to the root.
    var folder: String {
        path.split(separator: "/").dropLast().joined(separator: "/")
    }

    /// Every page: README, CONTRIBUTING, CHANGELOG, and all in launch, datasets and the catalogs.
    static let all: [Page] = {
        let root = URL(filePath: repositoryRoot)
        var paths = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        for folder in ["launch", "datasets", "Sources"] {
            let names = FileManager.default.enumerator(atPath: "\(repositoryRoot)/\(folder)")
            while let name = names?.nextObject() as? String {
                if name.hasSuffix(".md") { paths.append("\(folder)/\(name)") }
            }
        }
        return paths.sorted().map { path in
            let bytes = (try? Data(contentsOf: root.appending(path: path))) ?? Data()
            return Page(path: path, text: String(decoding: bytes, as: UTF8.self))
        }
    }()

    /// The articles of DocC catalogs.
    static let articles = all.filter { $0.path.contains(".docc/") }

    /// The lines in fenced or indented code, commands of several lines joined over their backslashes.
    var code: [String] {
        var lines: [String] = []
        var isFenced = false
        var isOpen = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isFenced.toggle()
                continue
            }
            guard isFenced || line.hasPrefix("    ") else { continue }
            let words = line.hasSuffix("\\") ? line.dropLast() : line
            if isOpen { lines[lines.count - 1] += words } else { lines.append(String(words)) }
            isOpen = line.hasSuffix("\\")
        }
        return lines
    }

    /// The text between single backticks outside code.
    var quotes: [String] {
        var isFenced = false
        var found: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { isFenced.toggle() }
            guard !isFenced, !line.hasPrefix("    ") else { continue }
            let bare = line.replacing("``", with: "")
            found += bare.matches(of: /`([^`]+)`/).map { String($0.1) }
        }
        return found
    }

    /// The targets of links and pictures.
    var links: [String] { text.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) } }
}
