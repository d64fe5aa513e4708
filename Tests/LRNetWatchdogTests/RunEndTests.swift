import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetWatchdog
import Testing

@Suite
struct RunEndTests {
    @Test func `the end of a run is read as it was written, and can be removed`() throws {
        let folder = try TestFolder()
        try RunEnd.remove(from: folder.path)
        try RunEnd(.success, step: 7).write(to: folder.path)
        let end = RunEnd(.stoppedEarly, step: 12)
        try end.write(to: folder.path)
        let path = "\(folder.path)/ended.json"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.hasPrefix("{\"code\":75,\"endedAt\":\"20"))
        #expect(text.hasSuffix(",\"step\":12}\n"))
        #expect(try JSONDecoder().decode(RunEnd.self, from: Data(text.utf8)) == end)
        try RunEnd.remove(from: folder.path)
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
