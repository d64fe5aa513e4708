/* Start-up code, console and instruction counter for qemu's Cortex-M boards. */
#include "device.h"

extern uint32_t data_source, data_start, data_end, bss_start, bss_end, stack_top;

void reset(void);

__attribute__((section(".vectors"), used)) static const void *const vectors[4] = {
    &stack_top, (const void *)reset, (const void *)reset, (const void *)reset};

static int32_t request(int32_t number, const void *argument)
{
    register int32_t r0 __asm__("r0") = number;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void device_write(const char *text) { request(0x04, text); }

void device_exit(int status)
{
    /* SYS_EXIT_EXTENDED with ADP_Stopped_ApplicationExit. */
    const uint32_t block[2] = {0x20026, (uint32_t)status};
    request(0x20, block);
    for (;;) {
    }
}

/* With -icount shift=0, an instruction takes 1 ns. SysTick counts down at 25 MHz. */
#define SYSTICK ((volatile uint32_t *)0xe000e010)

void device_start_counter(void)
{
    SYSTICK[0] = 0;
    SYSTICK[1] = 0xffffff;
    SYSTICK[2] = 0;
    SYSTICK[0] = 5;
}

uint32_t device_instructions(void) { return (0xffffff - SYSTICK[2]) * 40; }

void reset(void)
{
    uint32_t *from = &data_source, *to;
    for (to = &data_start; to < &data_end; to++) *to = *from++;
    for (to = &bss_start; to < &bss_end; to++) *to = 0;
    device_main();
}
