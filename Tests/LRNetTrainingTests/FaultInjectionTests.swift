import LRNetSupport
import LRNetTraining
import Testing

@Suite struct FaultInjectionTests {
    @Test func `a fault is parsed into kind, rank, step and condition`() throws {
        let fault = try FaultInjection("kill:rank=1,step=7,when=fresh")
        #expect(fault.kind == .kill && fault.rank == 1 && fault.step == 7 && fault.onlyFresh)
        #expect(fault.warning.contains("LRNET_FAULT=kill:rank=1,step=7,when=fresh"))
        let other = try FaultInjection("nan:step=2,rank=0")
        #expect(other.kind == .nan && other.rank == 0 && other.step == 2 && !other.onlyFresh)
    }

    @Test(arguments: [
        "", "nan", "nan:", "nap:rank=0,step=1", "nan:rank=0", "nan:step=1", "nan:rank=-1,step=1",
        "nan:rank=0,step=0", "nan:rank=0,step=x", "nan:rank=0,step=1,", "nan:rank=0,step=1,step=1",
        "nan:rank=0,step=1,when=never", "nan:rank=0,step=1,host=a", "nan:rank=0,step=1:x",
        "NAN:rank=0,step=1", "nan:rank=0,step=1=2",
    ])
    func `a malformed fault is refused with the expected form`(text: String) {
        let failure = #expect(throws: Failure.self) { _ = try FaultInjection(text) }
        #expect(failure?.exitStatus == .usage)
        #expect(failure?.message.contains("write KIND:rank=N,step=N[,when=fresh]") == true)
    }
}
