/* Counts the instructions of an image and runs the exported test. */
#include "device.h"

#include "net.h"
#include "vectors.h"

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
    float scores[NET_CLASSES];
    device_start_counter();
    net_run(net_images[0], scores);
    write_number(device_instructions());
    device_write(" instructions per image\n");
    device_exit(test_main());
}
