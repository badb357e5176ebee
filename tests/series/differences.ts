/**
 * Where the store deliberately differs from pandas in what it makes of a body: by orient and the vector's id,
 * the rule (design of the store), and either what refuses it or what it becomes when written again.
 */
export interface Difference {
  rule: string;
  refused?: RegExp;
  written?: string;
}

export const DIFFERENCES: Record<string, Record<string, Difference>> = {
  columns: {
    iso_mixed_offsets: {
      rule: "stamps are instants in UTC, whatever their offsets",
      written: '{"a":{"2019-12-31T22:00:00.000Z":1.5,"2020-06-30T21:00:00.000Z":2.5}}',
    },
    float_labels: {
      rule: "numbers must exceed 31536000",
      refused: /Row 0: the label "0\.5" is not a time\. Numbers mu/,
    },
    one_column_sorted_as_text_ints: {
      rule: "rows are sorted by stamp",
      written: '{"a":{"2001-09-09T01:46:39.999":1,"2001-09-09T01:46:40.000":2}}',
    },
    two_columns_keep_order: {
      rule: "rows are sorted by stamp",
      written:
        '{"a":{"2020-01-01T00:00:00.000":1,"2020-01-03T00:00:00.000":3},"b":{"2020-01-01T00:00:00.000":2,"2020-01-03T00:00:00.000":4}}',
    },
    two_columns_different_labels: {
      rule: "rows are sorted by stamp",
      written:
        '{"a":{"2020-01-01T00:00:00.000":1.0,"2020-01-02T00:00:00.000":null,"2020-01-03T00:00:00.000":3.0},"b":{"2020-01-01T00:00:00.000":4.0,"2020-01-02T00:00:00.000":2.0,"2020-01-03T00:00:00.000":null}}',
    },
    null_cells: {
      rule: "values stay what they are: booleans do not become numbers",
      written:
        '{"a":{"2020-01-01T00:00:00.000":1.0,"2020-01-02T00:00:00.000":null},"b":{"2020-01-01T00:00:00.000":null,"2020-01-02T00:00:00.000":null},"c":{"2020-01-01T00:00:00.000":"x","2020-01-02T00:00:00.000":null},"d":{"2020-01-01T00:00:00.000":true,"2020-01-02T00:00:00.000":null}}',
    },
    digit_strings_become_numbers: {
      rule: "values stay what they are: texts do not become numbers",
      written:
        '{"a":{"2020-01-01T00:00:00.000":"1","2020-01-02T00:00:00.000":"2"},"b":{"2020-01-01T00:00:00.000":"1.50","2020-01-02T00:00:00.000":"2"},"c":{"2020-01-01T00:00:00.000":"007","2020-01-02T00:00:00.000":"1e3"},"d":{"2020-01-01T00:00:00.000":"1","2020-01-02T00:00:00.000":"x"},"e":{"2020-01-01T00:00:00.000":"nan","2020-01-02T00:00:00.000":"inf"},"f":{"2020-01-01T00:00:00.000":"","2020-01-02T00:00:00.000":"1"},"g":{"2020-01-01T00:00:00.000":" 1 ","2020-01-02T00:00:00.000":"1_000"}}',
    },
    bool_columns: {
      rule: "values stay what they are: booleans do not become numbers",
      written:
        '{"a":{"2020-01-01T00:00:00.000":true,"2020-01-02T00:00:00.000":false},"b":{"2020-01-01T00:00:00.000":true,"2020-01-02T00:00:00.000":1},"c":{"2020-01-01T00:00:00.000":true,"2020-01-02T00:00:00.000":2.5},"d":{"2020-01-01T00:00:00.000":true,"2020-01-02T00:00:00.000":"x"}}',
    },
    big_ints: {
      rule: "integers stay exact beside negative ones",
      written:
        '{"a":{"2020-01-01T00:00:00.000":9007199254740993,"2020-01-02T00:00:00.000":1},"b":{"2020-01-01T00:00:00.000":9.223372037e+18,"2020-01-02T00:00:00.000":null},"c":{"2020-01-01T00:00:00.000":9223372036854775808,"2020-01-02T00:00:00.000":1},"d":{"2020-01-01T00:00:00.000":18446744073709551615,"2020-01-02T00:00:00.000":-1}}',
    },
    nan_infinity_literals: { rule: "NaN literals are refused", refused: /expected a value, found "N"\./ },
    nested_cells: {
      rule: "nested cells are refused",
      refused: /column "a", row 2020-01-01: the cell is an array/,
    },
    column_labels_leading_zero: {
      rule: "column labels stay text",
      written: '{"007":{"2020-01-01T00:00:00.000":1},"1e3":{"2020-01-01T00:00:00.000":2}}',
    },
    column_labels_decimal: {
      rule: "column labels stay text",
      written: '{"1.5":{"2020-01-01T00:00:00.000":1},"2.5":{"2020-01-01T00:00:00.000":2}}',
    },
    column_labels_epoch: {
      rule: "column labels stay text",
      written:
        '{"1577836800000":{"2020-01-01T00:00:00.000":1},"1577923200000":{"2020-01-01T00:00:00.000":2}}',
    },
    column_labels_dates: {
      rule: "column labels stay text",
      written: '{"2020-01-01":{"2020-01-01T00:00:00.000":1},"2020-01-02":{"2020-01-01T00:00:00.000":2}}',
    },
    column_label_month_name: {
      rule: "column labels stay text",
      written: '{"May 2020":{"2020-01-01T00:00:00.000":1}}',
    },
    duplicate_row_labels: {
      rule: "duplicate stamps are refused",
      refused: /The stamp 2020-01-01T00:00:00\.000 stands twice: /,
    },
    duplicate_row_labels_two_columns: {
      rule: "duplicate stamps are refused",
      refused: /The stamp 2020-01-01T00:00:00\.000 stands twice: /,
    },
    duplicate_columns: { rule: "no key stands twice", refused: /column "a" stands twice\./ },
    same_instant_two_spellings: {
      rule: "duplicate stamps are refused",
      refused: /The stamp 2020-01-01T00:00:00\.000 stands twice: /,
    },
    nat_label: {
      rule: "null labels are refused",
      refused: /Row 0: the label "NaT" is not a time\. Use ISO 86/,
    },
    empty_label: {
      rule: "null labels are refused",
      refused: /Row 0: the label "" is not a time\. Use ISO 8601,/,
    },
    us_dates: { rule: "guesses are refused", refused: /Row 0: the label "01\/02\/2020" is not a time\. Use/ },
    week_and_quarter: {
      rule: "guesses are refused",
      refused: /Row 0: the label "2020Q1" is not a time\. Use ISO/,
    },
    column_scalar_and_object: {
      rule: "columns is an object of objects",
      refused: /column "a" should be an object: label to cell\./,
    },
  },
  index: {
    two_columns_keep_order: {
      rule: "rows are sorted by stamp",
      written: '{"2020-01-01T00:00:00.000":{"a":1,"b":2},"2020-01-03T00:00:00.000":{"a":3,"b":1}}',
    },
    duplicate_rows: {
      rule: "duplicate stamps are refused",
      refused: /The stamp 2020-01-01T00:00:00\.000 stands twice: /,
    },
    same_instant_two_spellings: {
      rule: "duplicate stamps are refused",
      refused: /The stamp 2020-01-01T00:00:00\.000 stands twice: /,
    },
    empty_row_objects: {
      rule: "a row without cells is a row",
      written: '{"2020-01-01T00:00:00.000":{},"2020-01-02T00:00:00.000":{}}',
    },
    one_empty_row_object: {
      rule: "a row without cells is a row",
      written: '{"2020-01-01T00:00:00.000":{"a":null},"2020-01-02T00:00:00.000":{"a":1.0}}',
    },
    null_row: {
      rule: "index is an object of objects",
      refused: /row "2020-01-01" should be an object: column nam/,
    },
    rows_as_arrays: {
      rule: "index is an object of objects",
      refused: /row "2020-01-01" should be an object: column nam/,
    },
    rows_as_arrays_ragged: {
      rule: "index is an object of objects",
      refused: /row "2020-01-01" should be an object: column nam/,
    },
    rows_as_scalars: {
      rule: "index is an object of objects",
      refused: /row "2020-01-01" should be an object: column nam/,
    },
  },
  split: {
    epoch_float_numbers: {
      rule: "decimals are read exactly",
      written:
        '{"columns":["a"],"index":["2020-01-01T00:00:00.500","2020-01-02T00:00:00.250"],"data":[[1.5],[2.5]]}',
    },
    mixed_int_iso: {
      rule: "labels are all numbers or all texts",
      refused: /Row 1: the label "2020-01-02" is not a plain dec/,
    },
    null_in_index: {
      rule: "null labels are refused",
      refused: /row 1 has null where its stamp should be \(a text/,
    },
    null_in_epoch_index: {
      rule: "null labels are refused",
      refused: /row 1 has null where its stamp should be \(a text/,
    },
    duplicate_index: {
      rule: "duplicate stamps are refused",
      refused: /The stamp 2020-01-01T00:00:00\.000 stands twice: /,
    },
    unsorted_index: {
      rule: "rows are sorted by stamp",
      written:
        '{"columns":["a"],"index":["2020-01-01T00:00:00.000","2020-01-02T00:00:00.000"],"data":[[2],[1]]}',
    },
    duplicate_columns: { rule: "no key stands twice", refused: /column "a" stands twice\./ },
    int_columns: {
      rule: "column labels stay text",
      written: '{"columns":["1","2"],"index":["2020-01-01T00:00:00.000"],"data":[[1,2]]}',
    },
    digit_string_columns: {
      rule: "column labels stay text",
      written: '{"columns":["1","2"],"index":["2020-01-01T00:00:00.000"],"data":[[1,2]]}',
    },
    missing_columns: {
      rule: "split needs its three keys",
      refused: /Orient split needs columns, index and data: colu/,
    },
    missing_data: {
      rule: "split needs its three keys",
      refused: /Orient split needs columns, index and data: data/,
    },
    ragged_short_row: { rule: "lengths are exact", refused: /row 1 of data has 1 cells, row 0 has 2\./ },
    too_few_rows: { rule: "lengths are exact", refused: /data has 1 rows, but index has 2 labels: they mu/ },
    flat_data: { rule: "rows are arrays", refused: /row 0 of data should be an array of cells\./ },
    row_objects: { rule: "rows are arrays", refused: /row 0 of data should be an array of cells\./ },
    data_object: { rule: "rows are arrays", refused: /data should be an array of rows\./ },
    data_null: { rule: "rows are arrays", refused: /data should be an array of rows\./ },
    duplicate_key: { rule: "no key stands twice", refused: /"data" stands twice\./ },
  },
  records: {
    with_index_column: { rule: "records carry their stamps", written: '[{"a":1},{"a":2}]' },
    with_date_column: { rule: "records carry their stamps", written: '[{"a":1},{"a":2}]' },
    with_timestamp_column_ms: { rule: "records carry their stamps", written: '[{"a":1},{"a":2}]' },
    object_body: { rule: "the orient says the shape", refused: /orient records is an array of objects\./ },
  },
  table: {
    tz_field_unknown_zone: {
      rule: "a zone that has no name here is UTC",
      written:
        '{"schema":{"fields":[{"name":"index","type":"datetime","tz":"UTC"},{"name":"a","type":"number"}],"primaryKey":["index"],"pandas_version":"1.4.0"},"data":[{"index":"2020-01-01T05:00:00.000Z","a":1.5}]}',
    },
    epoch_ms_in_datetime: {
      rule: "numbers follow one rule in every orient",
      written:
        '{"schema":{"fields":[{"name":"index","type":"datetime"},{"name":"a","type":"number"}],"primaryKey":["index"],"pandas_version":"1.4.0"},"data":[{"index":"2020-01-01T00:00:00.000","a":1.5}]}',
    },
    integer_field_with_fraction: {
      rule: "a cell that its type cannot hold is refused, not changed",
      refused: /Column "a", row 0: the schema says integer, the /,
    },
    integer_field_with_digit_string: {
      rule: "a cell that its type cannot hold is refused, not changed",
      refused: /Column "a", row 0: the schema says integer, the /,
    },
    boolean_field: {
      rule: "values stay what they are: null does not become false",
      written:
        '{"schema":{"fields":[{"name":"index","type":"datetime"},{"name":"a","type":"string"}],"primaryKey":["index"],"pandas_version":"1.4.0"},"data":[{"index":"2020-01-01T00:00:00.000","a":true},{"index":"2020-01-02T00:00:00.000","a":null}]}',
    },
    boolean_field_with_text: {
      rule: "a cell that its type cannot hold is refused, not changed",
      refused: /Column "a", row 0: the schema says boolean, the /,
    },
    string_field_with_number: {
      rule: "values stay what they are, and the schema says what they are",
      written:
        '{"schema":{"fields":[{"name":"index","type":"datetime"},{"name":"a","type":"integer"}],"primaryKey":["index"],"pandas_version":"1.4.0"},"data":[{"index":"2020-01-01T00:00:00.000","a":1}]}',
    },
    duration_field: {
      rule: "durations that pandas wrote are read, which pandas itself does not",
      written:
        '{"schema":{"fields":[{"name":"index","type":"datetime"},{"name":"a","type":"duration"}],"primaryKey":["index"],"pandas_version":"1.4.0"},"data":[{"index":"2020-01-01T00:00:00.000","a":"P1DT0H0M0S"}]}',
    },
    any_field: {
      rule: "nested cells are refused",
      refused: /column "a", row 0: the cell is an array or objec/,
    },
    any_categorical: {
      rule: "categories are texts",
      written:
        '{"schema":{"fields":[{"name":"index","type":"datetime"},{"name":"a","type":"string"}],"primaryKey":["index"],"pandas_version":"1.4.0"},"data":[{"index":"2020-01-01T00:00:00.000","a":"x"},{"index":"2020-01-02T00:00:00.000","a":"q"}]}',
    },
    duplicate_index: {
      rule: "duplicate stamps are refused",
      refused: /The stamp 2020-01-01T00:00:00\.000 stands twice: /,
    },
    null_in_index: {
      rule: "null labels are refused",
      refused: /row 0 has null where its stamp should be \(a text/,
    },
    extra_cell: {
      rule: "a cell outside the schema is refused, not dropped",
      refused: /record 0 has "b", which is not among schema\.fiel/,
    },
    no_rows: { rule: "zero rows are refused", refused: /The frame has no rows: send at least one\./ },
    duplicate_fields: { rule: "no key stands twice", refused: /schema\.fields names a field twice\./ },
  },
  values: {
    object_body: {
      rule: "the orient says the shape",
      refused: /A frame in orient values has no stamps, so it ca/,
    },
  },
  malformed: {
    trailing_comma: { rule: "trailing commas are refused", refused: /JSON at|no stamps|has schema and data/ },
  },
};
