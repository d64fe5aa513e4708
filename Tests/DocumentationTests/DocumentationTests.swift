import Foundation
import LRNetCommandLine
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

/// The names in README, CONTRIBUTING and the articles exist: paths, commands, options, keys and exit codes.
@Suite struct DocumentationTests {
    private static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(repositoryRoot)/\(path)")
    }

    private static let trees: [String: CommandTree] = {
        var trees: [String: CommandTree] = [:]
        for program in ["lrnet-dist", "lrnet-data"] {
            let help = try? Launch(Launch.program(program), ["--experimental-dump-help"]).wait()
            trees[program] = try? CommandTree(json: help?.output ?? "")
        }
        return trees
    }()

    @Test func `the pages are found`() {
        #expect(Page.all.count > 25)
        #expect(Page.all.allSatisfy { !$0.text.isEmpty })
        #expect(Self.trees.count == 2)
    }

    @Test(arguments: Page.all) func `every link leads to a file`(page: Page) {
        for link in page.links where !link.contains("://") && !link.hasPrefix("#") {
            let target = link.split(separator: "#")[0]
            #expect(Self.exists("\(page.folder)/\(target)"), "\(page.path): \(link)")
        }
    }

    @Test(arguments: Page.articles) func `every article is in its catalog's list`(page: Page) {
        let catalog = page.folder
        let module = String(catalog.split(separator: "/")[1])
        let name = page.path.dropFirst(catalog.count + 1).dropLast(3)
        let landing = Page.articles.first { $0.path == "\(catalog)/\(module).md" }
        #expect(landing != nil, "\(catalog) has no \(module).md")
        #expect(name == module || landing?.text.contains("<doc:\(name)>") == true, "\(page.path)")
        for link in page.text.matches(of: /<doc:([A-Za-z]+)>/).map(\.1) {
            #expect(Self.exists("\(catalog)/\(link).md"), "\(page.path): <doc:\(link)>")
        }
    }

    @Test(arguments: Page.all) func `every path exists`(page: Page) {
        for quote in page.quotes + page.code.flatMap({ $0.split(separator: " ").map(String.init) })
        {
            var path = quote.trimmingCharacters(in: CharacterSet(charactersIn: ",.;:()'\"|"))
            if path.hasPrefix("./") { path.removeFirst(2) }
            let roots = ["Sources/", "Tests/", "launch/", "datasets/"]
            guard roots.contains(where: path.hasPrefix) else { continue }
            // A pattern, a placeholder, or a command with arguments.
            path = path.split(separator: " ").first.map(String.init) ?? ""
            if path.contains(where: "*{}<>$".contains) || path.contains("X") { continue }
            #expect(Self.exists(path), "\(page.path): \(quote)")
        }
    }

    @Test(arguments: Page.all.filter { $0.path != "CHANGELOG.md" })
    func `every command has its options`(page: Page) throws {
        for line in page.code + page.quotes {
            // A comment, an alternative, a following command.
            let command = line.split(separator: " #")[0].replacing(" && ", with: "\n")
                .replacing(" | ", with: "\n").replacing("; ", with: "\n")
            for part in command.split(separator: "\n") { try check(String(part), page) }
        }
    }

    private func check(_ line: String, _ page: Page) throws {
        var words = line.split(separator: " ").map(String.init)
        guard
            let start = words.firstIndex(where: { word in
                let name = word.split(separator: "/").last.map(String.init) ?? ""
                return Self.trees[name] != nil && !word.contains("=")
                    || word.hasSuffix(".sh") && word.contains("launch/")
            })
        else { return }
        let name = words[start].split(separator: "/").last.map(String.init) ?? ""
        words = Array(words[(start + 1)...]).map { word in
            word.trimmingCharacters(in: CharacterSet(charactersIn: "[],"))
        }
        if let tree = Self.trees[name] {
            #expect(tree.problem(in: words) == nil, "\(page.path): \(line)")
            return
        }
        let script = line.split(separator: " ").first { $0.hasSuffix(name) }.map(String.init) ?? ""
        let own = words.prefix { $0 != "--" }
        let rest = words.dropFirst(own.count + 1)
        let help = try Launch(
            "\(repositoryRoot)/\(script.hasPrefix("./") ? String(script.dropFirst(2)) : script)",
            ["--help"]
        ).wait()
        #expect(help.status == 0, "\(page.path): \(line)")
        let train = try #require(Self.trees["lrnet-dist"])
        for option in own where option.hasPrefix("-") && Double(option) == nil {
            let isKnown =
                help.output.contains("\(option)") || train.problem(in: ["train", option]) == nil
                || name == "test.sh"
            #expect(isKnown, "\(page.path): \(option) in \(line)")
        }
        if name == "run.sh", let first = rest.first,
            train.command.subcommands?
                .contains(where: { $0.commandName == first }) == true
        {
            #expect(train.problem(in: Array(rest)) == nil, "\(page.path): \(line)")
        }
    }

    @Test(arguments: Page.all.filter { $0.path != "CHANGELOG.md" })
    func `every recipe key exists`(page: Page) {
        let sections = Set(RecipeKey.all.compactMap { $0.path.split(separator: ".").first })
        let known = Set(RecipeKey.all.map(\.path))
        var words = page.quotes
        for line in page.code {
            words += line.matches(of: /--set '?([A-Za-z.]+)=/).map { String($0.1) }
        }
        for word in words {
            let path = word.prefix { $0.isLetter || $0 == "." }
            guard
                path.count == word.count || word.dropFirst(path.count).hasPrefix(":")
                    || word.dropFirst(path.count).hasPrefix("=")
            else { continue }
            let parts = path.split(separator: ".")
            guard parts.count == 2, sections.contains(parts[0]), path.last != "." else { continue }
            let isFile = ["json", "jsonl", "md", "log", "yaml", "safetensors", "swift", "sh"]
                .contains(parts[1])
            #expect(isFile || known.contains(String(path)), "\(page.path): \(word)")
        }
    }

    @Test func `the tables of exit codes are complete`() {
        for path in ["Sources/LRNetTraining/LRNetTraining.docc/Failures.md", "launch/README.md"] {
            let page = Page.all.first { $0.path == path }
            let rows = (page?.text ?? "").matches(of: /\n\| `?(\d+)`? \|/).compactMap {
                Int32($0.1)
            }
            let codes = (0...255).filter { ExitStatus(rawValue: $0) != nil }
            #expect(Set(rows).isSuperset(of: codes), "\(path)")
            #expect(rows.allSatisfy { ExitStatus(rawValue: $0) != nil || $0 > 128 }, "\(path)")
        }
    }

    @Test func `README fits two screens`() throws {
        let page = try #require(Page.all.first { $0.path == "README.md" })
        #expect(page.text.split(separator: "\n", omittingEmptySubsequences: false).count <= 130)
        #expect(page.text.split { $0.isWhitespace }.count <= 1_300)
    }

    @Test func `the list of recipes has a row for each`() throws {
        let page = try #require(Page.all.first { $0.path == "launch/recipes/README.md" })
        let names = try FileManager.default.contentsOfDirectory(
            atPath: "\(repositoryRoot)/launch/recipes"
        ).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
        #expect(names.count > 30)
        for name in names { #expect(page.text.contains("`\(name)`"), "\(name)") }
    }

    /// Modules with what they may import, from CONTRIBUTING.
    private static func rooms() throws -> [String: Set<String>] {
        let page = try #require(Page.all.first { $0.path == "CONTRIBUTING.md" })
        let rows = page.text.matches(of: /\n\| (LRNet\w+|lrnet-[a-z-]+) \| ([^|\n]*) \|/).map {
            row in
            (String(row.1), Set(row.2.split(separator: ", ").map(String.init)))
        }
        return Dictionary(rows) { $1 }
    }

    @Test func `the table of imports is true`() throws {
        let rooms = try Self.rooms()
        let sources = "\(repositoryRoot)/Sources"
        let folders = try FileManager.default.contentsOfDirectory(atPath: sources)
            .filter { !$0.hasPrefix("C") && !$0.hasPrefix(".") }
        #expect(Set(rooms.keys) == Set(folders))
        let system: Set<String> = ["CDispatch", "Dispatch", "Foundation", "Synchronization"]
        for folder in folders {
            var imported: Set<String> = []
            let names = FileManager.default.enumerator(atPath: "\(sources)/\(folder)")
            while let name = names?.nextObject() as? String {
                guard name.hasSuffix(".swift") else { continue }
                let text = try String(
                    contentsOfFile: "\(sources)/\(folder)/\(name)", encoding: .utf8)
                for line in text.split(separator: "\n") {
                    guard let match = line.firstMatch(of: /^(?:[a-z@_]+ )*import (?:[a-z]+ )?(\w+)/)
                    else { continue }
                    imported.insert(String(match.1))
                }
            }
            #expect(imported.subtracting(system) == rooms[folder], "\(folder)")
        }
    }

    private static let hasDocC: Bool = {
        if (try? Launch("/usr/bin/env", ["docc", "--help"]).wait())?.status == 0 { return true }
        FileHandle.standardError.write(
            Data("SKIPPED: the build of the documentation, because docc is not installed\n".utf8))
        return false
    }()

    private static let catalogs = Set(
        Page.articles.map { String($0.path.split(separator: "/")[1]) }
    ).sorted()

    @Test(.enabled(if: hasDocC), arguments: catalogs)
    func `DocC builds a module's documentation without warnings`(module: String) throws {
        let folder = try TestFolder()
        let outcome = try Launch(
            "\(repositoryRoot)/launch/tools/docs.sh", ["\(folder.path)/docs", module]
        ).wait()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("\(module): 0 warnings"))
        withExtendedLifetime(folder) {}
    }
}
