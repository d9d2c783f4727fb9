/* SPDX-License-Identifier: Apache-2.0 */
/* Scores every customer from orders that arrive shuffled, and writes the bits, through the C API.
 * Rows are packed by hand, as a binding does it.
 * usage: churn ARTIFACT ORDERS_CSV AS_OF SEED OUT    (examples/README.md has the format) */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <mlcore/mlcore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 1000 };

typedef struct order {
  const char* customer; /* in the text of the file, with a NUL */
  int64_t at;
  int64_t cds;
  double amount;
} order_t;

/* Where the fields of a row are. */
typedef struct slots {
  uint64_t layout_id;
  int64_t fixed_size;
  int64_t customer, when, cds, amount; /* offsets */
} slots_t;

static mlcore_error_t error = MLCORE_ERROR_INIT;

static void stop(const char* what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static void check(int32_t code) {
  if (code != MLCORE_OK) stop(error.message);
}

static void* allocate(size_t size) {
  void* memory = malloc(size == 0 ? 1 : size);
  if (memory == NULL) stop("out of memory");
  return memory;
}

/* Files ---------------------------------------------------------------------------------------- */

static char* read_file(const char* path) {
  FILE* file = fopen(path, "rb");
  long size = -1;
  char* text;
  if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) stop(path);
  rewind(file);
  text = allocate((size_t)size + 1);
  if (fread(text, 1, (size_t)size, file) != (size_t)size) stop(path);
  fclose(file);
  text[size] = '\0';
  return text;
}

/* Days since 1970-01-01. Source: Howard Hinnant, days_from_civil, for years from 1. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
  int64_t y = year - (month <= 2);
  int64_t era = y / 400;
  int64_t of_era = y - era * 400;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t parse_day(const char* text) {
  int year, month, day, used = 0;
  if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || text[used] != '\0') {
    stop("a date is not YYYY-MM-DD");
  }
  return days_from_civil(year, month, day) * 86400 * 1000000;
}

/* Cuts the next field off `*line`; the last one ends with the line. */
static char* next_field(char** line) {
  char* field = *line;
  size_t size = strcspn(field, ",\n\r");
  if (field[0] == '"') stop("this example reads no quoted fields");
  *line = field + size + (field[size] != '\0');
  field[size] = '\0';
  return field;
}

/* Columns in the order customer, at, cds, amount; the text is cut into fields. */
static order_t* read_orders(char* text, size_t* count) {
  size_t capacity = 1024;
  order_t* orders = allocate(capacity * sizeof *orders);
  if (strncmp(text, "customer,at,cds,amount", 22) != 0) stop("the orders have other columns");
  text += strcspn(text, "\n");
  for (*count = 0;; ++*count) {
    text += strspn(text, "\r\n");
    if (*text == '\0') return orders;
    if (*count == capacity) {
      capacity *= 2;
      orders = realloc(orders, capacity * sizeof *orders);
      if (orders == NULL) stop("out of memory");
    }
    orders[*count].customer = next_field(&text);
    orders[*count].at = parse_day(next_field(&text));
    orders[*count].cds = strtoll(next_field(&text), NULL, 10);
    orders[*count].amount = strtod(next_field(&text), NULL);
  }
}

/* splitmix64. Source: Steele, Lea, Flood 2014. */
static uint64_t next_random(uint64_t* state) {
  uint64_t z = *state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static void shuffle(order_t* orders, size_t count, uint64_t seed) {
  for (size_t i = count; i > 1; --i) {
    size_t other = (size_t)(next_random(&seed) % i);
    order_t swapped = orders[i - 1];
    orders[i - 1] = orders[other];
    orders[other] = swapped;
  }
}

/* Rows ----------------------------------------------------------------------------------------- */

/* The slot of a field, which must have this type; -1 when `name` is NULL. */
static int64_t slot_of(const mlcore_layout_t* layout, const char* name, int32_t type) {
  mlcore_field_t field = {sizeof field, 0, 0, 0, 0, NULL, 0};
  int64_t index = 0;
  if (name == NULL) return -1;
  check(mlcore_layout_find(layout, name, (int64_t)strlen(name), &index, &error));
  check(mlcore_layout_field(layout, index, &field, &error));
  if (field.type != type) stop("a field has another type than this example packs");
  return field.slot_offset;
}

static slots_t slots_of(const mlcore_layout_t* layout, const char* when, const char* cds,
                        const char* amount) {
  slots_t slots;
  check(mlcore_layout_id(layout, &slots.layout_id, &error));
  check(mlcore_layout_fixed_size(layout, &slots.fixed_size, &error));
  slots.customer = slot_of(layout, "customer", MLCORE_TYPE_STRING);
  slots.when = slot_of(layout, when, MLCORE_TYPE_TIMESTAMP);
  slots.cds = slot_of(layout, cds, MLCORE_TYPE_I64);
  slots.amount = slot_of(layout, amount, MLCORE_TYPE_F64);
  return slots;
}

/* Packs a row on a little-endian machine and gives its size. No field is null. */
static int64_t pack(const slots_t* slots, const order_t* order, unsigned char* row) {
  uint32_t text[2];
  text[0] = (uint32_t)slots->fixed_size;
  text[1] = (uint32_t)strlen(order->customer);
  memset(row, 0, (size_t)slots->fixed_size);
  memcpy(row, &slots->layout_id, 8);
  memcpy(row + slots->customer, text, 8);
  memcpy(row + slots->when, &order->at, 8);
  if (slots->cds >= 0) memcpy(row + slots->cds, &order->cds, 8);
  if (slots->amount >= 0) memcpy(row + slots->amount, &order->amount, 8);
  memcpy(row + slots->fixed_size, order->customer, text[1]);
  return slots->fixed_size + text[1];
}

/* Packs orders one after another; the caller frees `bytes` and `offsets`. */
static mlcore_rows_t pack_all(const slots_t* slots, const order_t* orders, size_t count) {
  mlcore_rows_t rows;
  size_t size = 0;
  int64_t* offsets = allocate((count + 1) * sizeof *offsets);
  unsigned char* bytes;
  for (size_t i = 0; i < count; ++i) size += (size_t)slots->fixed_size + strlen(orders[i].customer);
  bytes = allocate(size);
  offsets[0] = 0;
  for (size_t i = 0; i < count; ++i) {
    offsets[i + 1] = offsets[i] + pack(slots, &orders[i], bytes + offsets[i]);
  }
  rows.bytes = bytes;
  rows.size = offsets[count];
  rows.offsets = offsets;
  rows.count = (int64_t)count;
  return rows;
}

static void free_rows(mlcore_rows_t rows) {
  free((void*)(uintptr_t)rows.bytes);
  free((void*)(uintptr_t)rows.offsets);
}

static mlcore_state_t* ingest(const mlcore_features_t* features, const order_t* orders,
                              size_t count) {
  mlcore_state_t* state = NULL;
  const mlcore_layout_t* layout = NULL;
  int64_t stream = 0;
  slots_t slots;
  check(mlcore_state_new(features, NULL, &state, &error));
  check(mlcore_features_find_stream(features, "orders", 6, &stream, &error));
  check(mlcore_features_stream_layout(features, stream, &layout, &error));
  slots = slots_of(layout, "at", "cds", "amount");
  for (size_t begin = 0; begin < count; begin += BATCH) {
    size_t size = count - begin < BATCH ? count - begin : BATCH;
    mlcore_rows_t rows = pack_all(&slots, orders + begin, size);
    mlcore_ingest_report_t report;
    memset(&report, 0, sizeof report);
    report.struct_size = sizeof report;
    check(mlcore_state_ingest(state, stream, &rows, &report, &error));
    if (report.accepted != size) stop(report.invalid_message);
    free_rows(rows);
  }
  return state;
}

/* Scores --------------------------------------------------------------------------------------- */

static int by_customer(const void* left, const void* right) {
  return strcmp(((const order_t*)left)->customer, ((const order_t*)right)->customer);
}

/* One request for everyone with an order before `as_of`, in byte order; the orders are sorted. */
static order_t* requests_of(order_t* orders, size_t count, int64_t as_of, size_t* request_count) {
  order_t* requests = allocate(count * sizeof *requests);
  qsort(orders, count, sizeof *orders, by_customer);
  *request_count = 0;
  for (size_t i = 0; i < count; ++i) {
    if (orders[i].at >= as_of) continue;
    if (*request_count > 0 && by_customer(&requests[*request_count - 1], &orders[i]) == 0) continue;
    requests[*request_count] = orders[i];
    requests[(*request_count)++].at = as_of;
  }
  return requests;
}

typedef struct scorer {
  mlcore_context_t* context;
  int64_t width;
  double* out;
} scorer_t;

static scorer_t scorer_of(const mlcore_model_t* model, int32_t output) {
  mlcore_context_options_t options;
  scorer_t scorer = {NULL, 0, NULL};
  check(mlcore_context_options_init(&options, sizeof options, &error));
  options.output = output;
  check(mlcore_context_new(model, &options, &scorer.context, &error));
  check(mlcore_context_output_count(scorer.context, &scorer.width, &error));
  scorer.out = allocate((size_t)scorer.width * sizeof(double));
  return scorer;
}

static void score(scorer_t* scorer, const mlcore_state_t* state, const mlcore_rows_t* rows,
                  size_t row) {
  const unsigned char* bytes = (const unsigned char*)rows->bytes + rows->offsets[row];
  check(mlcore_predict_at(scorer->context, state, bytes,
                          rows->offsets[row + 1] - rows->offsets[row], scorer->out, scorer->width,
                          &error));
}

static void free_scorer(scorer_t* scorer) {
  mlcore_context_release(scorer->context);
  free(scorer->out);
}

static void write_bits(FILE* file, const scorer_t* scorer) {
  for (int64_t i = 0; i < scorer->width; ++i) {
    uint64_t bits;
    memcpy(&bits, &scorer->out[i], sizeof bits);
    fprintf(file, ",%016" PRIx64, bits);
  }
}

static void write_header(FILE* file, const mlcore_features_t* features, int64_t margins) {
  int64_t count = 0;
  check(mlcore_feature_count(features, &count, &error));
  fprintf(file, "customer");
  for (int64_t i = 0; i < count; ++i) {
    const char* name = NULL;
    int64_t length = 0;
    check(mlcore_feature_name(features, i, &name, &length, &error));
    fprintf(file, ",%.*s", (int)length, name);
  }
  for (int64_t i = 0; i < margins; ++i) {
    if (margins == 1) {
      fprintf(file, ",margin");
    } else {
      fprintf(file, ",margin[%" PRId64 "]", i);
    }
  }
  fprintf(file, "\n");
}

static void write_scores(const char* path, const mlcore_features_t* features,
                         const mlcore_state_t* state, const order_t* requests,
                         const mlcore_rows_t* rows, scorer_t* values, scorer_t* margin) {
  FILE* file = fopen(path, "wb");
  if (file == NULL) stop(path);
  write_header(file, features, margin->width);
  for (size_t i = 0; i < (size_t)rows->count; ++i) {
    score(values, state, rows, i);
    score(margin, state, rows, i);
    fprintf(file, "%s", requests[i].customer);
    write_bits(file, values);
    write_bits(file, margin);
    fprintf(file, "\n");
  }
  if (fclose(file) != 0) stop(path);
}

static double nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static void time_rows(scorer_t* margin, const mlcore_state_t* state, const mlcore_rows_t* rows) {
  double begin = nanoseconds();
  double elapsed;
  for (size_t i = 0; i < (size_t)rows->count; ++i) score(margin, state, rows, i);
  elapsed = nanoseconds() - begin;
  fprintf(stderr, "{\"language\": \"c\", \"rows\": %" PRId64 ", \"ns_per_row\": %.1f}\n",
          rows->count, elapsed / (double)(rows->count > 0 ? rows->count : 1));
}

int main(int argc, char** argv) {
  mlcore_model_t* model = NULL;
  const mlcore_features_t* features = NULL;
  const mlcore_layout_t* layout = NULL;
  size_t count = 0, request_count = 0;
  if (argc != 6) {
    fprintf(stderr, "usage: churn ARTIFACT ORDERS_CSV AS_OF SEED OUT\n");
    return 2;
  }
  check(mlcore_check_abi(MLCORE_ABI_VERSION, &error));
  check(mlcore_model_open(argv[1], (int64_t)strlen(argv[1]), &model, &error));
  check(mlcore_model_features(model, &features, &error));
  char* text = read_file(argv[2]);
  order_t* orders = read_orders(text, &count);
  shuffle(orders, count, strtoull(argv[4], NULL, 10));
  mlcore_state_t* state = ingest(features, orders, count);

  order_t* requests = requests_of(orders, count, parse_day(argv[3]), &request_count);
  check(mlcore_features_request_layout(features, &layout, &error));
  slots_t slots = slots_of(layout, "as_of", NULL, NULL);
  mlcore_rows_t rows = pack_all(&slots, requests, request_count);
  scorer_t values = scorer_of(model, MLCORE_OUTPUT_FEATURES);
  scorer_t margin = scorer_of(model, MLCORE_OUTPUT_MARGIN);
  write_scores(argv[5], features, state, requests, &rows, &values, &margin);
  time_rows(&margin, state, &rows);

  free_scorer(&margin);
  free_scorer(&values);
  free_rows(rows);
  free(requests);
  mlcore_state_release(state);
  free(orders);
  free(text);
  mlcore_model_release(model);
  return 0;
}
