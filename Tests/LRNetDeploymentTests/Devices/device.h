/* The services of a board that device.c uses. */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdint.h>

void device_main(void);
void device_write(const char *text);
void device_exit(int status);
void device_start_counter(void);
/* Returns the number of instructions since device_start_counter, below 600 million on Arm. */
uint32_t device_instructions(void);

#endif
