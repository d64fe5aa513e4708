/* Counts the instructions of an image and runs the exported test. -DPREFIX=net names the network,
   and -DHEADER='"net.h"' its header. */
#include "device.h"

#include HEADER
#include "vectors.h"

#define JOINED(a, b) a##b
#define JOIN(a, b) JOINED(a, b)
#define NAME(part) JOIN(PREFIX, part)

int test_main(void);
int puts(const char *text);

int puts(const char *text)
{
    device_write(text);
    device_write("\n");
    return 0;
}

static void write_number(uint32_t number)
{
    static const uint32_t powers[10] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                        10000,      1000,      100,      10,      1};
    char text[11];
    uint32_t i, count = 0;
    for (i = 0; i < 10; i++) {
        char digit = '0';
        while (number >= powers[i]) {
            number -= powers[i];
            digit++;
        }
        if (count > 0 || digit != '0' || i == 9) text[count++] = digit;
    }
    text[count] = 0;
    device_write(text);
}

void device_main(void)
{
    static NAME(_score) scores[sizeof NAME(_expected_scores)[0] / sizeof(NAME(_score))];
    device_start_counter();
    NAME(_run)(NAME(_images)[0], scores);
    write_number(device_instructions());
    device_write(" instructions per image\n");
    device_exit(test_main());
}
