/* Start-up code, console and instruction counter for qemu's RISC-V board virt. */
#include "device.h"

extern uint32_t bss_start, bss_end;

void start(void);

__asm__(".section .vectors,\"ax\"\n"
        ".globl reset\n"
        "reset:\n"
        "    la sp, stack_top\n"
        "    j start\n"
        ".text\n");

/* qemu recognizes the three instructions if they are uncompressed and in one page. */
int32_t device_request(int32_t number, const void *argument);
__asm__(".balign 16\n"
        ".globl device_request\n"
        "device_request:\n"
        ".option push\n"
        ".option norvc\n"
        "    slli x0, x0, 0x1f\n"
        "    ebreak\n"
        "    srai x0, x0, 7\n"
        "    ret\n"
        ".option pop\n");

void device_write(const char *text) { device_request(0x04, text); }

void device_exit(int status)
{
    /* SYS_EXIT_EXTENDED with ADP_Stopped_ApplicationExit. */
    const uint32_t block[2] = {0x20026, (uint32_t)status};
    device_request(0x20, block);
    for (;;) {
    }
}

static uint32_t retired(void)
{
    uint32_t count;
    /* csrr count, minstret */
    __asm__ volatile(".option push\n.option arch, +zicsr\ncsrr %0, 0xb02\n.option pop" : "=r"(count));
    return count;
}

static uint32_t first;

void device_start_counter(void) { first = retired(); }

uint32_t device_instructions(void) { return retired() - first; }

void start(void)
{
    uint32_t *to;
    for (to = &bss_start; to < &bss_end; to++) *to = 0;
    device_main();
}
