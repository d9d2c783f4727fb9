# SPDX-License-Identifier: Apache-2.0
"""What peers.py measures: how each library loads a model and scores it, set to one thread.

An engine has `version`; `rows(values)`, what its Python call for one row takes, made before the time is taken; `row(it)`;
`batch(values)`; and, where it has a C call for one row, `c_row()`: kind, function, handle, extra, config. `dtype` is what
its values are, `bits` whether it promises the framework's own margin bits.
"""
import ctypes
import importlib.metadata
import json

import numpy as np

MLCORE_OUTPUT_MARGIN = 1
NEVER_FREED = []  # what C code points to


def kept(thing):
    NEVER_FREED.append(thing)
    return thing


def checked(status, what):
    if status != 0:
        raise RuntimeError(f"{what} failed: {status}")


class ContextOptions(ctypes.Structure):
    """mlcore_context_options_t."""
    _fields_ = [("struct_size", ctypes.c_uint32), ("output", ctypes.c_int32), ("iteration_begin", ctypes.c_int32),
                ("iteration_end", ctypes.c_int32)]


class Engine:
    bits = False
    bound = "1e-4"  # of a margin's difference, absolute, where no bits are promised

    def __init__(self, folder, model, build):
        self.folder, self.model, self.build = folder, model, build
        self.is_xgboost = model.startswith("x")
        self.dtype = np.float32 if self.is_xgboost else np.float64
        self.file = folder / f"{model}.{'json' if self.is_xgboost else 'txt'}"
        self.load()

    def rows(self, values):
        return [values[row:row + 1] for row in range(len(values))]

    def row(self, one):
        return self.batch(one)

    def c_row(self):
        return None


class Mlcore(Engine):
    """The context's calls: the model's feature definition, an input a column, is computed as for any model."""
    bits = True

    def load(self):
        import mlcore
        self.version = mlcore.__version__
        self.opened = mlcore.Model.open(str(self.folder / f"{self.model}.mlc"))
        self.context = self.opened.context("margin")
        self.row, self.batch = self.context.predict_numeric, self.context.predict_batch

    def rows(self, values):
        return list(values)

    def load_library(self):
        library = ctypes.CDLL(str(self.build / "capi/libmlcore.so"))
        error = kept(ctypes.create_string_buffer(2048))  # mlcore_error_t begins with its size
        ctypes.c_uint32.from_buffer(error).value = len(error)
        model, path = ctypes.c_void_p(), str(self.folder / f"{self.model}.mlc").encode()
        checked(library.mlcore_model_open(path, ctypes.c_int64(len(path)), ctypes.byref(model), error), path)
        return library, model, error

    def c_row(self):
        library, model, error = self.load_library()
        options = ContextOptions()
        checked(library.mlcore_context_options_init(ctypes.byref(options), ctypes.c_uint32(ctypes.sizeof(options)), error), "options")
        options.output = MLCORE_OUTPUT_MARGIN
        context = ctypes.c_void_p()
        checked(library.mlcore_context_new(model, ctypes.byref(options), ctypes.byref(context), error), "mlcore_context_new")
        call = library.mlcore_predict_f32 if self.is_xgboost else library.mlcore_predict_f64
        return "mlcore_predict", call, context, error, None


class MlcoreModel(Mlcore):
    """The model alone, as the frameworks' own predictors are: no definition."""

    def load(self):
        super().load()
        self.row = self.batch = self.opened.margins

    def rows(self, values):
        return Engine.rows(self, values)

    def c_row(self):
        library, model, error = self.load_library()
        call = library.mlcore_model_margin_f32 if self.is_xgboost else library.mlcore_model_margin_f64
        return "mlcore_margin", call, model, error, None


class Xgboost(Engine):
    bits = True
    CONFIG = b'{"type": 1, "training": false, "iteration_begin": 0, "iteration_end": 0, "strict_shape": false, "missing": NaN, "cache_id": 0}'

    def load(self):
        import xgboost
        self.version = xgboost.__version__
        self.booster = xgboost.Booster({"nthread": 1}, model_file=str(self.file))
        self.booster.set_param({"nthread": 1})

    def batch(self, values):
        return self.booster.inplace_predict(values, predict_type="margin")

    def c_row(self):
        import xgboost.core
        columns = self.booster.num_features()
        buffer = kept(np.zeros(columns, np.float32))
        place = {"data": [buffer.ctypes.data, True], "shape": [1, columns], "typestr": "<f4", "version": 3}
        self.buffer = buffer
        return "xgboost_dense", xgboost.core._LIB.XGBoosterPredictFromDense, self.booster.handle, kept(json.dumps(place).encode()), self.CONFIG


class Lightgbm(Engine):
    bits = True

    def load(self):
        import lightgbm
        self.version = lightgbm.__version__
        self.booster = lightgbm.Booster(params={"num_threads": 1}, model_file=str(self.file))

    def batch(self, values):
        return self.booster.predict(values, raw_score=True, num_threads=1)

    def c_row(self):
        import lightgbm.basic
        library = lightgbm.basic._LIB
        fast, raw_score, float64 = ctypes.c_void_p(), 1, 1
        checked(library.LGBM_BoosterPredictForMatSingleRowFastInit(
            self.booster._handle, raw_score, 0, -1, float64, ctypes.c_int32(self.booster.num_feature()), b"num_threads=1",
            ctypes.byref(fast)), "LGBM_BoosterPredictForMatSingleRowFastInit")
        return "lightgbm_fast", library.LGBM_BoosterPredictForMatSingleRowFast, fast, None, None


class Onedal(Engine):
    def load(self):
        import daal4py
        daal4py.daalinit(1)
        self.version, self.threads = importlib.metadata.version("scikit-learn-intelex"), daal4py.num_threads()
        if self.is_xgboost:
            import xgboost
            framework = xgboost.Booster(model_file=str(self.file))
        else:
            import lightgbm
            framework = lightgbm.Booster(model_file=str(self.file))
        self.converted = daal4py.mb.convert_model(framework)

    def batch(self, values):
        return self.converted.predict(values)


class OnnxRuntime(Engine):
    def load(self):
        import onnxruntime
        self.version = onnxruntime.__version__
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(self.convert()), options, providers=["CPUExecutionProvider"])
        self.names = [self.session.get_outputs()[0].name]

    def convert(self):
        path = self.folder / f"{self.model}.onnx"
        if path.exists():
            return path
        import onnxmltools
        from onnxmltools.convert.common.data_types import DoubleTensorType, FloatTensorType
        if self.is_xgboost:
            import xgboost
            booster = xgboost.Booster(model_file=str(self.file))
            made = onnxmltools.convert_xgboost(booster, initial_types=[("input", FloatTensorType([None, booster.num_features()]))])
        else:
            import lightgbm
            booster = lightgbm.Booster(model_file=str(self.file))
            made = onnxmltools.convert_lightgbm(booster, initial_types=[("input", DoubleTensorType([None, booster.num_feature()]))])
        path.write_bytes(made.SerializeToString())
        return path

    def batch(self, values):
        return self.session.run(self.names, {"input": values})[0]


class Tl2cgen(Engine):
    """Treelite's model as C with `quantize`, compiled with -O3 -march=native; `rows` are made before, in its own union."""

    def load(self):
        import tl2cgen
        self.version = tl2cgen.__version__
        self.library = self.compile()
        self.predictor = tl2cgen.Predictor(str(self.library), nthread=1)

    def compile(self):
        import subprocess
        folder = self.folder / f"{self.model}.tl2cgen"
        library = folder / "model.so"
        if library.exists():
            return library
        import tl2cgen
        import treelite.frontend
        load = treelite.frontend.load_xgboost_model if self.is_xgboost else treelite.frontend.load_lightgbm_model
        tl2cgen.generate_c_code(load(str(self.file)), str(folder), params={"quantize": 1, "parallel_comp": 16})
        made = folder / "made.so"
        subprocess.run(["cc", "-O3", "-march=native", "-fPIC", "-shared", *map(str, sorted(folder.glob("*.c"))), "-o", str(made), "-lm"],
                       check=True)
        return made.rename(library)

    def rows(self, values):
        import tl2cgen
        return [tl2cgen.DMatrix(values[row:row + 1]) for row in range(len(values))]

    def batches(self, values):
        import tl2cgen
        return [tl2cgen.DMatrix(each) for each in values]

    def batch(self, values):
        import tl2cgen
        made = values if isinstance(values, tl2cgen.DMatrix) else tl2cgen.DMatrix(values)
        return self.predictor.predict(made, pred_margin=True)

    def c_rows(self, values):
        """Entries: a value, or -1 as an int where it is missing."""
        entries = np.ascontiguousarray(values).copy()
        integers = entries.view(np.int32).reshape(*entries.shape, -1)
        integers[np.isnan(values)] = -1
        return entries

    def c_row(self):
        return "tl2cgen_predict", ctypes.CDLL(str(self.library)).predict, None, None, None


class Lleaves(Engine):
    def load(self):
        self.version = importlib.metadata.version("lleaves")
        self.compiled = self.compile("", {})

    def compile(self, suffix, options):
        import lleaves
        model = kept(lleaves.Model(model_file=str(self.file)))
        model.compile(cache=str(self.folder / f"{self.model}{suffix}.lleaves"), **options)
        return model

    def batch(self, values):
        return self.compiled.predict(values, n_jobs=1)

    def c_row(self):
        """Compiled without blocks of trees, as lleaves advises for single rows."""
        single = self.compile(".row", {"fblocksize": int(self.model[1:])})
        return "lleaves_forest", single._c_entry_func, None, None, None


ENGINES = {"mlcore": Mlcore, "mlcore model": MlcoreModel, "xgboost": Xgboost, "xgboost 1.7": Xgboost, "lightgbm": Lightgbm,
           "onedal": Onedal, "onnxruntime": OnnxRuntime, "tl2cgen": Tl2cgen, "lleaves": Lleaves}
